"""The entry point of the server; DJANGO_SETTINGS_MODULE says with or without middleware."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
