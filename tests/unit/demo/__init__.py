"""The demo: stories, their rendering, the feeder and the view."""
