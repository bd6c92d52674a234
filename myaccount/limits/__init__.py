"""Attempt limits that hold under parallel guesses."""
