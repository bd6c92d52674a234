"""Measures the portal beside a minimal signed-in site on the production server. `python -m bench` runs it all."""
