"""Append-only security events: what happened to an account, when, and from where."""
