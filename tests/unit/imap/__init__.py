"""The IMAP adapter against scripted servers and fixed data."""
