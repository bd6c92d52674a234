"""What a portal keeps of a person, put together from every area, for them to take with them."""
