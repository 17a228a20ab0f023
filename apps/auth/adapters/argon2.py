"""Argon2id with parameters of our own, written down in docs/operate/passwords.md."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2id(Argon2PasswordHasher):
    """19 MiB, two passes, one lane: OWASP's recommendation, tens of milliseconds on one core.

    Django's default takes 100 MiB and eight lanes, which two cores cannot give to many at once.
    Hashes of other parameters are replaced when their owner signs in.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
