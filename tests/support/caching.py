"""The cache of this worker of the suite."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from redis import Redis


def forget_everything() -> None:
    """Empty the cache. Workers share one Redis: what the others have in it stays, which `cache.clear` does not heed."""
    kept = settings.CACHES["default"]
    if not kept["BACKEND"].endswith("RedisCache"):
        cache.clear()
        return
    with Redis.from_url(kept["LOCATION"]) as server:
        keys = list(server.scan_iter(f"{kept['KEY_PREFIX']}:*", count=1000))
        if keys:
            server.delete(*keys)
