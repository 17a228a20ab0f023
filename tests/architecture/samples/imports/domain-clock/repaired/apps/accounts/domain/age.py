"""How old an account is."""

from datetime import datetime
