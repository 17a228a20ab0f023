"""Which of Django's databases is a context's own."""

from django.conf import settings


def alias_of(context: str) -> str:
    """Return the Django database alias of a context; LookupError where it is not hosted here."""
    alias: str | None = settings.VORTEX_ALIASES.get(context)
    if alias is None:
        raise LookupError(f"the context {context!r} keeps no database in this process")
    return alias
