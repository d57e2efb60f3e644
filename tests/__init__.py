"""Tests: unit, property, contract (one suite for every implementation of a port) and system (real servers)."""
