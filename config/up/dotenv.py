"""Prints the environment of a deployment with fresh secrets: `make .env` keeps it for Compose."""

import secrets
import sys

from config.contexts import hosted


def environment() -> dict[str, str]:
    """Return every variable that docker-compose.yml needs, a password of its own for each role."""
    admin, valkey = secrets.token_hex(24), secrets.token_hex(24)
    urls = {
        context.database_variable: (
            f"postgresql://{context.role}:{secrets.token_hex(24)}@postgres:5432/{context.database}"
        )
        for context in hosted()
    }
    return {
        "POSTGRES_PASSWORD": admin,
        "VALKEY_PASSWORD": valkey,
        "VORTEX_ADMIN_DATABASE_URL": f"postgresql://postgres:{admin}@postgres:5432/postgres",
        **urls,
        "VORTEX_BROKER_URL": f"redis://:{valkey}@valkey:6379/0",
        "VORTEX_CACHE_URL": f"redis://:{valkey}@valkey:6379/1",
        "VORTEX_SECRET_KEY": secrets.token_urlsafe(48),
        "VORTEX_RPC_KEYS": f"first:{secrets.token_hex(32)}",
        "VORTEX_METRICS_TOKEN": secrets.token_hex(24),
        "VORTEX_ALLOWED_HOSTS": "localhost,127.0.0.1",
        "VORTEX_SSL_REDIRECT": "0",
    }


if __name__ == "__main__":
    sys.stdout.writelines(f"{name}={value}\n" for name, value in environment().items())
