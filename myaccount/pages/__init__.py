"""The pages people see, each composed of the areas' sections."""
