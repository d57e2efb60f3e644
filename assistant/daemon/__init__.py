"""The daemon: puts the parts together (parts), watches every account (watch), tells what happens (journal)."""
