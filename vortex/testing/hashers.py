"""Argon2 at its cheapest, so that tests which sign people in do not spend their time hashing."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickHasher(Argon2PasswordHasher):
    """The real algorithm with the smallest parameters that it takes."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
