"""One model of a context's seams: what it serves, uses, says, hears and keeps."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from config.contexts import CONTEXTS, Context, context
from config.up.preparation import ROOT
from extraction.survey.source import Source, keyword, last_name, sources, text_of

_CREATE = re.compile(
    r"""\bcreate\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?(?:public\.)?"?(\w+)""",
    re.IGNORECASE,
)
_CACHES = ("vortex.valkey", "django.core.cache")
_FILES = ("vortex.http.files", "vortex.http.uploads", "django.core.files", "shutil", "tempfile")


class Seam(msgspec.Struct, frozen=True, order=True):
    """One tie: what it is called, and where it is written down."""

    name: str
    place: str


class Survey(msgspec.Struct, frozen=True):
    """Everything that ties one context to the rest of the house."""

    context: str
    service: str
    port: int
    database: str
    serves: tuple[Seam, ...]
    uses: tuple[Seam, ...]
    says: tuple[Seam, ...]
    hears: tuple[Seam, ...]
    addresses: tuple[Seam, ...]
    tables: tuple[Seam, ...]
    tasks: tuple[Seam, ...]
    schedules: tuple[Seam, ...]
    caches: tuple[Seam, ...]
    files: tuple[Seam, ...]
    admin: tuple[Seam, ...]
    permissions: tuple[Seam, ...]
    tests: int


@functools.cache
def survey(name: str, root: Path = ROOT) -> Survey:
    """Return the survey of a context; LookupError with the list of names for an unknown one.

    The source of a tree is read once by a process: whoever changes it asks another one.
    """
    known = context(name)
    own = sources(root, f"apps/{name}")
    contract = [s for s in own if _is_contract(s, name)]
    heard = events_of_all(root)
    return Survey(
        context=name,
        service=known.service,
        port=known.port,
        database=known.database,
        serves=_all(_operations(contract)),
        uses=_all(seam for s in own for seam in _bound(s, name)),
        says=_all(seam for s in contract for seam in _said(s)),
        hears=_all(seam for s in own for seam in _heard(s, heard)),
        addresses=_all(seam for s in own if "/api/" in s.path for seam in _addresses(s)),
        tables=tables_of(known, root),
        tasks=_all(seam for s in own for seam in _decorated(s, "shared_task")),
        schedules=_all(seam for s in own if s.path.endswith("conf.py") for seam in _clock(s)),
        caches=_all(seam for s in own for seam in _imported(s, _CACHES)),
        files=_all(seam for s in own for seam in _imported(s, _FILES)),
        admin=_all(seam for s in own for seam in _decorated(s, "register")),
        permissions=_all(seam for s in own for seam in _permissions(s)),
        tests=len(list((root / "apps" / name / "tests").rglob("test_*.py"))),
    )


@functools.cache
def tables_of(known: Context, root: Path = ROOT) -> tuple[Seam, ...]:
    """Return the tables that a context's migrations make."""
    own = sources(root, f"apps/{known.name}/migrations")
    scripts = sources(root, f"apps/{known.name}", ".sql")
    return _all(_tables((*own, *scripts), known))


@functools.cache
def interfaces(root: Path, of: Context) -> set[str]:
    """Return the names of the services that a context's code says it serves."""
    return {
        last_name(node.args[0])
        for source in sources(root, f"apps/{of.name}")
        if not _is_contract(source, of.name)
        for node in source.calls("serves")
        if node.args
    }


def _all(found: Iterator[Seam]) -> tuple[Seam, ...]:
    """Return the seams in order, each name once, at the first place where it stands."""
    first: dict[str, Seam] = {}
    for seam in sorted(found):
        first.setdefault(seam.name, seam)
    return tuple(first.values())


def _is_contract(source: Source, name: str) -> bool:
    return source.path.startswith((f"apps/{name}/contracts/", f"apps/{name}/contracts.py"))


def _operations(contract: list[Source]) -> Iterator[Seam]:
    for source in contract:
        for found in source.classes():
            if "Service" not in {last_name(base) for base in found.bases}:
                continue
            for method in found.body:
                if isinstance(method, ast.FunctionDef) and method.decorator_list:
                    kind = last_name(method.decorator_list[0])
                    yield Seam(f"{found.name}.{method.name} ({kind})", source.place(method))


def _bound(source: Source, own: str) -> Iterator[Seam]:
    """Yield the operations of others that are called, the interface alone where that is hidden."""
    named = {
        last_name(node.targets[0]): node.value
        for node in source.nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
    }
    names = {name for name, value in named.items() if last_name(value) == "bind"}
    seen: set[int] = set()
    for node in source.nodes:
        if not isinstance(node, ast.Attribute):
            continue
        holder = node.value.id if isinstance(node.value, ast.Name) else ""
        value = named.get(holder) if holder in names else node.value
        if isinstance(value, ast.Call) and last_name(value) == "bind" and value.args:
            seen.add(id(value))
            yield from _use(source, value.args[0], f".{node.attr}", own, node)
    for node in source.calls("bind"):
        if id(node) not in seen and node.args:
            yield from _use(source, node.args[0], "", own, node)


def _use(source: Source, interface: ast.AST, method: str, own: str, at: ast.AST) -> Iterator[Seam]:
    module, _ = source.imports.get(last_name(interface), ("", 0))
    parts = module.split(".")
    if parts[0] == "apps" and parts[1] != own:
        yield Seam(f"{parts[1]}.{last_name(interface)}{method}", source.place(at))


def _said(source: Source) -> Iterator[Seam]:
    for found in source.classes():
        if "Event" in {last_name(base) for base in found.bases}:
            yield Seam(_event_name(found), source.place(found))


def _event_name(found: ast.ClassDef) -> str:
    """Return the name that an event has on the wire, as its decorator says it."""
    for decorator in found.decorator_list:
        if isinstance(decorator, ast.Call) and last_name(decorator) == "event":
            return text_of(decorator.args[0])
    return found.name


@functools.cache
def events_of_all(root: Path) -> dict[str, str]:
    """Return the context and wire name of every event class."""
    found: dict[str, str] = {}
    for known in CONTEXTS:
        for source in (
            s for s in sources(root, f"apps/{known.name}") if _is_contract(s, known.name)
        ):
            for each in source.classes():
                if "Event" in {last_name(base) for base in each.bases}:
                    found[each.name] = f"{known.name}: {_event_name(each)}"
    return found


def _heard(source: Source, events: dict[str, str]) -> Iterator[Seam]:
    for node in source.calls("on"):
        name = last_name(node.args[0]) if node.args else ""
        if name in events:
            yield Seam(events[name], source.place(node))


def _addresses(source: Source) -> Iterator[Seam]:
    for node in source.calls("path"):
        if node.args and text_of(node.args[0]):
            yield Seam(f"/api/{text_of(node.args[0])}", source.place(node))


def _tables(own: tuple[Source, ...], known: Context) -> Iterator[Seam]:
    for source in own:
        for found in _CREATE.finditer(source.text):
            line = source.text[: found.start()].count("\n") + 1
            if found[1].startswith(f"{known.label}_"):
                yield Seam(found[1], f"{source.path}:{line}")
        if source.path.endswith(".py"):
            for node in source.calls("CreateModel"):
                yield Seam(_table(node, known), source.place(node))


def _table(node: ast.Call, known: Context) -> str:
    options = keyword(node, "options")
    if isinstance(options, ast.Dict):
        for key, value in zip(options.keys, options.values, strict=True):
            if text_of(key) == "db_table":
                return text_of(value)
    return f"{known.label}_{text_of(keyword(node, 'name')).lower()}"


def _decorated(source: Source, decorator: str) -> Iterator[Seam]:
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for found in node.decorator_list:
                if isinstance(found, ast.Call) and last_name(found) == decorator:
                    given = last_name(found.args[0]) if found.args else node.name
                    yield Seam(text_of(keyword(found, "name")) or given, source.place(node))


def _clock(source: Source) -> Iterator[Seam]:
    for node in source.nodes:
        target = getattr(node, "target", None) or next(iter(getattr(node, "targets", [])), None)
        value = getattr(node, "value", None)
        if target is not None and last_name(target) == "SCHEDULE" and isinstance(value, ast.Dict):
            for key in value.keys:
                yield Seam(text_of(key), source.place(key or node))


def _imported(source: Source, modules: tuple[str, ...]) -> Iterator[Seam]:
    for module, line in source.imports.values():
        if module.startswith(modules):
            yield Seam(f"{source.path.split('/', 2)[2]} ({module})", f"{source.path}:{line}")


def _permissions(source: Source) -> Iterator[Seam]:
    for node in source.calls("RequiresRole"):
        roles = [text_of(argument) for argument in node.args if text_of(argument)]
        yield Seam(f"roles {', '.join(roles) or 'of a list'}", source.place(node))
