"""Limit c: what a signed-in page from a plain template costs; everything is told as a ratio to it."""
