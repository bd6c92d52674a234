"""Applications, what they may know, and how they sign people in."""
