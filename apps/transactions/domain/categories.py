"""The categories that every customer has, as a hierarchy with names for people."""

from typing import Final

from apps.transactions.contracts import CATEGORIES

_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "Income": ("salary", "income", "interest", "refunds"),
    "Moving money": ("transfers", "savings", "cash"),
    "Home": ("housing", "utilities", "insurance"),
    "Obligations": ("loans", "taxes", "fees"),
    "Everyday": ("groceries", "restaurants", "transport", "fuel", "shopping", "subscriptions"),
    "Family and health": ("health", "education", "children", "pets"),
    "Free time": ("leisure", "travel", "gifts"),
    "Other": ("other",),
}


def grouped() -> list[dict[str, object]]:
    """Return the groups in the order in which people look for them, each with its categories."""
    return [
        {
            "name": name,
            "categories": [{"key": key, "name": key.capitalize()} for key in keys],
        }
        for name, keys in _GROUPS.items()
    ]


def _complete() -> bool:
    return sorted(key for keys in _GROUPS.values() for key in keys) == sorted(CATEGORIES)


if not _complete():
    raise RuntimeError("every category stands in exactly one group")
