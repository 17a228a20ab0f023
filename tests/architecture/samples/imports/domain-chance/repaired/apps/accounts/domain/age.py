"""How old an account is."""

import hashlib
