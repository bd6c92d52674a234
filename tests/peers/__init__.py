"""Applications of others' making, which the tests let sign people in."""
