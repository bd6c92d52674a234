"""What `make` runs. Everything here works from the project's folder: `python -m scripts.run`."""
