"""A small application that people sign in to through the portal."""
