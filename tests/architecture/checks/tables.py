"""Every table starts with its label, and nobody writes down the name of another context's table."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import (
    KERNEL_LABELS,
    Source,
    Tree,
    keyword,
    label_of,
    literals,
    statements,
    text_of,
)

_CREATE = re.compile(
    r"""\bcreate\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?(?:public\.)?"?(\w+)""",
    re.IGNORECASE,
)


def every_table_starts_with_its_label(tree: Tree) -> list[str]:
    """Refuse a table of a context, or of an app of the kernel, without its label in front."""
    return [
        source.finding(line, f"table {table} starts with {label}_")
        for label, source in _owned(tree)
        for line, table in _tables_in(source)
        if not table.startswith(f"{label}_")
    ]


def no_string_names_a_foreign_table(tree: Tree) -> list[str]:
    """Refuse the name of a context's table or model in the strings of others and of vortex."""
    names = {context: _names(tree, context) for context in tree.contexts}
    return [
        finding
        for source in (
            *tree.under("apps/", "vortex/"),
            *tree.under("apps/", "vortex/", suffix=".sql"),
        )
        for owner, known in names.items()
        if owner != source.context and known
        for finding in _mentions(source, owner, known)
    ]


def _mentions(source: Source, owner: str, known: set[str]) -> Iterator[str]:
    pattern = re.compile(rf"(?<![\w.])(?:{'|'.join(sorted(map(re.escape, known)))})(?!\w)")
    lines = literals(source) if source.path.endswith(".py") else statements(source)
    for line, text in lines:
        for found in pattern.findall(text):
            yield source.finding(line, f"{found} belongs to {owner}: ask its contract")


def _names(tree: Tree, context: str) -> set[str]:
    """Return what the tables and models of a context are called, in SQL and in Django's strings."""
    label = label_of(context)
    models = {
        node.name
        for source in tree.under(f"apps/{context}/models")
        for node in source.syntax.body
        if isinstance(node, ast.ClassDef) and _is_model(node)
    }
    written = {
        table
        for source in (
            *tree.under(f"apps/{context}/models", f"apps/{context}/migrations"),
            *tree.under(f"apps/{context}/", suffix=".sql"),
        )
        for _, table in _tables_in(source)
    }
    return (
        written
        | {f"{label}_{name.lower()}" for name in models}
        | {f"{label}.{name}" for name in models}
    )


def _is_model(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith(("Model", "User")) for base in node.bases)


def _owned(tree: Tree) -> Iterator[tuple[str, Source]]:
    for suffix in (".py", ".sql"):
        for context in tree.contexts:
            for source in tree.under(f"apps/{context}/", suffix=suffix):
                if "tests" not in source.parts:
                    yield label_of(context), source
        for label in sorted(KERNEL_LABELS):
            for source in tree.under(f"vortex/{label}/", suffix=suffix):
                yield label, source


def _tables_in(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the tables that a file declares: by Meta, by a migration's options, by SQL."""
    if source.path.endswith(".sql"):
        for line, text in statements(source):
            yield from ((line, table) for table in _CREATE.findall(text))
        return
    for line, text in literals(source):
        yield from ((line, table) for table in _CREATE.findall(text))
    for node in source.nodes:
        for table in filter(None, _declared(node)):
            yield getattr(node, "lineno", 1), table


def _declared(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "db_table":
        return [text_of(node.value)]
    if isinstance(node, ast.Call):
        return [text_of(keyword(node, "db_table"))]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [text_of(value) for key, value in pairs if text_of(key) == "db_table"]
    return []
