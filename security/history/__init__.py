"""Security history: what happened to one's account."""
