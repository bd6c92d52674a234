"""The same project without any middleware, for the view that only hashes."""

from bench.limit_c.settings import *  # noqa: F403

MIDDLEWARE = []
