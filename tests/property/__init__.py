"""Generated histories and inputs (hypothesis)."""
