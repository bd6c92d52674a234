"""A password hash that is quick, for tests that are not about hashing."""

from django.contrib.auth.hashers import MD5PasswordHasher


class FastPasswordHasher(MD5PasswordHasher):
    algorithm = "fast_for_tests"
