"""One module or rule at a time."""
