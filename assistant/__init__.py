"""Gelassen: a cooling-off assistant for client mail."""

__version__ = "0.1.0"
