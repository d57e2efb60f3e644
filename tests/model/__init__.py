"""Tests that need the shipped model."""
