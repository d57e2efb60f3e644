"""The gateway's parts that need no connection."""
