"""How old an account is."""

import random
