"""Python source as the survey sees it: files with their syntax, names with where they come from."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_JUNK = {"__pycache__", "node_modules", "tests"}


@dataclass(frozen=True)
class Source:
    """One file: its path from the root, and its text."""

    path: str
    text: str

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the file."""
        return tuple(ast.walk(ast.parse(self.text, self.path)))

    @cached_property
    def imports(self) -> dict[str, tuple[str, int]]:
        """Return the module or object behind each imported name, with its line."""
        found: dict[str, tuple[str, int]] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    name = alias.asname or alias.name.partition(".")[0]
                    found[name] = (alias.name, node.lineno)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    found[alias.asname or alias.name] = (f"{node.module}.{alias.name}", node.lineno)
        return found

    def calls(self, name: str) -> Iterator[ast.Call]:
        """Yield the calls of something by the last part of its name."""
        for node in self.nodes if name in self.text else ():
            if isinstance(node, ast.Call) and last_name(node.func) == name:
                yield node

    def classes(self) -> Iterator[ast.ClassDef]:
        """Yield the classes."""
        for node in self.nodes:
            if isinstance(node, ast.ClassDef):
                yield node

    def place(self, node: ast.AST) -> str:
        """Return where something stands, as `path:line`."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


def sources(root: Path, place: str, suffix: str = ".py") -> tuple[Source, ...]:
    """Return the files below a folder, or the one file of that name; tests are left out."""
    start = root / place
    found = [start] if start.is_file() else sorted(start.rglob(f"*{suffix}"))
    return tuple(
        Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for path in found
        if not _JUNK.intersection(path.relative_to(root).parts)
    )


def last_name(node: ast.AST) -> str:
    """Return the last part of a dotted name, or nothing."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def text_of(node: ast.AST | None) -> str:
    """Return a text that is written down, the fixed parts of one that is put together."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "…" for part in node.values)
    return ""


def keyword(node: ast.Call | ast.ClassDef, name: str) -> ast.expr | None:
    """Return a keyword argument, or None."""
    return next((each.value for each in node.keywords if each.arg == name), None)
