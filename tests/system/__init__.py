"""Real servers and real processes."""
