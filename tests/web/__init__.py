"""The review pages: over plain HTTP, and in a real browser."""
