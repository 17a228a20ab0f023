"""Whether a contract may take the place of an older one: only optional things are ever added.

Both directions are judged. While a service is replaced, old callers speak to a new callee and new
callers to an old one; so a field that is added needs a default, wherever it stands.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from config.reference.snapshot import Snapshot


def breaks(old: Snapshot, new: Snapshot) -> list[str]:
    """Return what of the old contract the new one breaks, in sentences."""
    answered = _answered(old)
    return [
        *_services(old["services"], new["services"]),
        *_events(old["events"], new["events"]),
        *_same(old["refusals"], new["refusals"], "refusal", ("family",)),
        *_types(old["types"], new["types"], answered),
    ]


def _services(old: Snapshot, new: Snapshot) -> Iterator[str]:
    yield from _same(old, new, "service", ("version",))
    for name in old.keys() & new.keys():
        before, after = old[name]["operations"], new[name]["operations"]
        where = f"operation {name}."
        yield from _same(before, after, where, ("kind", "key", "answer"))
        for operation in before.keys() & after.keys():
            arguments = before[operation]["arguments"], after[operation]["arguments"]
            yield from _fields(*arguments, f"{where}{operation}")


def _events(old: Snapshot, new: Snapshot) -> Iterator[str]:
    yield from _same(old, new, "event", ("version", "topic", "key"))
    for name in old.keys() & new.keys():
        yield from _fields(old[name]["fields"], new[name]["fields"], f"event {name}")


def _types(old: Snapshot, new: Snapshot, answered: set[str]) -> Iterator[str]:
    for name in old.keys() & new.keys():
        before, after = old[name], new[name]
        yield from _fields(before.get("fields", {}), after.get("fields", {}), name)
        values, now = before.get("values", []), after.get("values", [])
        yield from (f"{name}: value {value!r} is gone" for value in values if value not in now)
        if name in answered:
            yield from (
                f"{name}: value {value!r} is new, and old readers of answers or events refuse it"
                for value in now
                if value not in values
            )
    # A name that is gone shows in whatever was made of it; the name itself is nobody's business.


def _fields(old: Snapshot, new: Snapshot, where: str) -> Iterator[str]:
    for name, before in old.items():
        after = new.get(name)
        if after is None:
            yield f"{where}: {name} is gone"
        elif after["type"] != before["type"]:
            yield f"{where}: {name} was {before['type']} and is {after['type']}"
        elif after["required"] and not before["required"]:
            yield f"{where}: {name} was optional and is required"
    for name, after in new.items():
        if name not in old and after["required"]:
            yield f"{where}: {name} is new and required"


def _same(old: Snapshot, new: Snapshot, what: str, features: tuple[str, ...]) -> Iterator[str]:
    separator = "" if what.endswith(".") else " "
    for name, before in old.items():
        after = new.get(name)
        if after is None:
            yield f"{what}{separator}{name} is gone"
            continue
        for feature in features:
            if before[feature] != after[feature]:
                change = f"{feature} was {before[feature]} and is {after[feature]}"
                yield f"{what}{separator}{name}: {change}"


def _answered(contract: Snapshot) -> set[str]:
    """Return the types that readers of answers and events meet, however deep."""
    services = contract["services"].values()
    answers = (o["answer"] for service in services for o in service["operations"].values())
    events = (_types_of(event["fields"]) for event in contract["events"].values())
    waiting = [*answers, *chain.from_iterable(events)]
    found: set[str] = set()
    while waiting:
        words = set(waiting.pop().split()) & contract["types"].keys() - found
        found |= words
        waiting += chain.from_iterable(
            _types_of(contract["types"][word].get("fields", {})) for word in words
        )
    return found


def _types_of(fields: dict[str, Any]) -> list[str]:
    return [field["type"] for field in fields.values()]
