"""Money that knows a database."""

import psycopg
