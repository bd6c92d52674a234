"""django-oauth-toolkit as it comes, with its own models: what our provider is compared with."""
