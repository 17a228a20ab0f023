"""Who calls and who hears whom, read from the source: `bind(Interface)` and `@on(Event)`."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from config.contexts import CONTEXTS
from vortex.inbox.registry import handlers

_APPS = Path(__file__).resolve().parents[2] / "apps"


@cache
def calls() -> tuple[tuple[str, str], ...]:
    """Return every pair of contexts of which the first calls the second."""
    return tuple(
        sorted(
            {
                (context.name, callee)
                for context in CONTEXTS
                for file in (_APPS / context.name).rglob("*.py")
                if "tests" not in file.parts
                for callee in _bound(ast.parse(file.read_text(encoding="utf-8")))
                if callee != context.name
            }
        )
    )


def _bound(module: ast.Module) -> Iterator[str]:
    homes = {
        alias.asname or alias.name: (node.module or "").split(".")
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "bind" and node.args:
            home = homes.get(ast.unparse(node.args[0]), [""])
            if home[0] == "apps":
                yield home[1]


@cache
def hears() -> dict[str, tuple[str, ...]]:
    """Return the contexts that listen to each type of event."""
    found: dict[str, list[str]] = defaultdict(list)
    for context in CONTEXTS:
        for handler in handlers(context.name):
            listeners = found[handler.event.event_type]
            if context.name not in listeners and ".tests." not in handler.function.__module__:
                listeners.append(context.name)
    return {type_: tuple(known) for type_, known in found.items() if known}
