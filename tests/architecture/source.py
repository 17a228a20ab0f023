"""A source tree as the checks see it: files, their syntax, and the contexts that it declares.

Checks read source and import nothing of it, so that they judge the real project and a broken sample
alike. What a check returns is a list of findings, each `path:line: sentence`; none means accepted.
"""

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNEL_LABELS = frozenset({"outbox", "inbox", "idempotency", "topology", "identity"})
_SHOWN = {".ci", ".github"}
_IGNORED = {"__pycache__", "node_modules", "samples", "dist"}
_SUFFIXES = (".py", ".sql", ".md", ".toml", ".yml", ".yaml", ".json", ".txt", ".in")


@dataclass(frozen=True)
class Source:
    """One file: its path from the root, and its text."""

    path: str
    text: str

    @cached_property
    def syntax(self) -> ast.Module:
        """The syntax tree of a Python file."""
        return ast.parse(self.text, self.path)

    @property
    def parts(self) -> tuple[str, ...]:
        """The path in pieces."""
        return tuple(self.path.split("/"))

    @property
    def context(self) -> str:
        """The context that the file belongs to, or nothing."""
        return self.parts[1] if self.parts[0] == "apps" and len(self.parts) > 2 else ""

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of a Python file."""
        return tuple(ast.walk(self.syntax))

    def finding(self, node: ast.AST | int, sentence: str) -> str:
        """Return a finding at a node, or at a line."""
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return f"{self.path}:{line}: {sentence}"


class Tree:
    """A project on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Every text file that the checks may want to read, in the order of paths."""
        return tuple(
            Source(path.relative_to(self.root).as_posix(), path.read_text(encoding="utf-8"))
            for path in sorted(_files(self.root))
        )

    def under(self, *prefixes: str, suffix: str = ".py") -> tuple[Source, ...]:
        """Return the files below some directories."""
        return tuple(
            source
            for source in self.sources
            if source.path.endswith(suffix) and source.path.startswith(prefixes)
        )

    def read(self, path: str) -> Source:
        """Return one file; a missing one is empty."""
        file = self.root / path
        return Source(path, file.read_text(encoding="utf-8") if file.is_file() else "")

    @cached_property
    def contexts(self) -> tuple[str, ...]:
        """The names in config/contexts.py, in its order."""
        return tuple(
            str(node.args[0].value)
            for node in ast.walk(self.read("config/contexts.py").syntax)
            if isinstance(node, ast.Call)
            and called(node) == "Context"
            and node.args
            and isinstance(node.args[0], ast.Constant)
        )

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """The topics in config/contexts.py."""
        for node in ast.walk(self.read("config/contexts.py").syntax):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "TOPICS":
                return tuple(strings(node))
        return ()

    @cached_property
    def built(self) -> tuple[str, ...]:
        """The contexts that serve or keep something; the others are an empty contract."""
        return tuple(
            name
            for name in self.contexts
            if any(
                (self.root / "apps" / name / file).exists()
                for file in ("models.py", "interface.py", "interface/__init__.py")
            )
        )


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if name not in _IGNORED and (not name.startswith(".") or name in _SHOWN)
        ]
        yield from (Path(folder, name) for name in files if name.endswith(_SUFFIXES))


def label_of(context: str) -> str:
    """Return the Django label of a context; django.contrib.auth already owns `auth`."""
    return "vortex_auth" if context == "auth" else context


def called(node: ast.Call) -> str:
    """Return the last name of what is called: `ForeignKey` of `models.ForeignKey(...)`."""
    return last_name(node.func)


def last_name(node: ast.AST) -> str:
    """Return the last name of a dotted expression, or nothing."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def strings(node: ast.AST) -> list[str]:
    """Return every string constant below a node."""
    return [
        child.value
        for child in ast.walk(node)
        if isinstance(child, ast.Constant) and isinstance(child.value, str)
    ]


def literals(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the strings of a Python file that are not docstrings, with their lines."""
    prose = {id(node.value) for node in source.nodes if isinstance(node, ast.Expr)}
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def statements(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the lines of a SQL file without comments, with their numbers."""
    for number, line in enumerate(source.text.splitlines(), start=1):
        yield number, re.sub(r"--.*", "", line)


def imported(source: Source) -> dict[str, str]:
    """Return where each name of a module comes from: `{"Payment": "apps.payments.models"}`."""
    found = {}
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            found.update({alias.asname or alias.name: node.module for alias in node.names})
        elif isinstance(node, ast.Import):
            found.update({(alias.asname or alias.name): alias.name for alias in node.names})
    return found


def keyword(node: ast.Call | ast.ClassDef, name: str) -> ast.expr | None:
    """Return a keyword argument of a call or a class statement."""
    return next((found.value for found in node.keywords if found.arg == name), None)


def text_of(node: ast.AST | None) -> str:
    """Return the value of a string constant, or nothing."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
