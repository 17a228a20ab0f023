"""No relation leaves its label: by class, by string, by a third table or by contenttypes."""

import ast

from tests.architecture.source import Source, Tree, called, imported, keyword, label_of, text_of

_RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField", "ForeignObject", "GenericRelation"}


def no_relation_leaves_its_label(tree: Tree) -> list[str]:
    """Refuse every relation whose other end is not a model of the same context."""
    return [
        finding
        for source in tree.under("apps/")
        if source.context in tree.contexts
        for node in source.nodes
        if isinstance(node, ast.Call)
        for finding in _judge(source, node)
    ]


def _judge(source: Source, node: ast.Call) -> list[str]:
    own = label_of(source.context)
    if called(node) == "GenericForeignKey" and own != "vortex_auth":
        return [source.finding(node, "a generic relation goes through auth's contenttypes")]
    if called(node) == "get_model":
        target = ".".join(text_of(argument) for argument in node.args[:2])
        return _foreign(source, node, own, target.split(".")[0], target)
    if called(node) not in _RELATIONS:
        return []
    ends = [node.args[0] if node.args else keyword(node, "to"), keyword(node, "through")]
    return [
        finding
        for end in ends
        if end is not None
        for finding in _foreign(source, node, own, _label(source, end), ast.unparse(end))
    ]


def _foreign(source: Source, node: ast.AST, own: str, label: str, target: str) -> list[str]:
    if label in {own, ""} or (own == "vortex_auth" and label in {"django", "auth", "contenttypes"}):
        return []
    if label == "?":
        return [source.finding(node, f"say the model itself, not the expression {target}")]
    return [source.finding(node, f"{target} is a model of {label}: keep its id as a value")]


def _label(source: Source, end: ast.expr) -> str:
    """Return the label that a relation points to: nothing for the own one, `?` if computed."""
    if isinstance(end, ast.Constant):
        label, dot, _ = str(end.value).partition(".")
        return label if dot else ""
    if ast.unparse(end) in {"settings.AUTH_USER_MODEL", "get_user_model()"}:
        return "vortex_auth"
    return _label_of_name(source, ast.unparse(end).split(".")[0])


def _label_of_name(source: Source, name: str) -> str:
    module = imported(source).get(name, "")
    if module.startswith("apps."):
        return label_of(module.split(".")[1])
    if module:
        return module.split(".")[0]
    defined = {node.name for node in source.nodes if isinstance(node, ast.ClassDef)}
    return "" if name in defined else "?"
