"""Periodic jobs, each due run carried out once however many workers there are."""
