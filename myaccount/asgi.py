"""The entry point of asynchronous production servers; the WSGI one is faster for this portal."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myaccount.settings.prod")

application = get_asgi_application()
