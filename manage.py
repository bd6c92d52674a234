#!/usr/bin/env python3
"""Django's command line, with the development settings unless told otherwise."""

import os
import sys

import myaccount  # noqa: F401  (makes the profile package importable, before anything else)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myaccount.settings.dev")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
