"""Programs beside the portal that show how to work with it."""
