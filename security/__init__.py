"""Signing in, passwords, second factors, recovery."""
