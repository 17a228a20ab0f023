"""Text files of a carved project: templates with @WORDS@, filled in."""

from importlib.resources import files

import yaml

from config.contexts import Context

Yaml = dict[str, object]


def filled(template: str, carved: Context, **more: str) -> bytes:
    """Return a template's text for a context."""
    text = (files(__package__) / "templates" / template).read_text(encoding="utf-8")
    words = {
        "NAME": carved.name,
        "SERVICE": carved.service,
        "PORT": str(carved.port),
        "DATABASE": carved.database,
        "ROLE": carved.role,
        "VARIABLE": carved.database_variable,
        "OWNS": carved.owns,
        **more,
    }
    for word, meaning in words.items():
        text = text.replace(f"@{word}@", meaning)
    return text.encode()


def documents(why: str, *objects: Yaml) -> bytes:
    """Return YAML documents under a sentence that says what they are for."""
    written = [yaml.dump(each, Dumper=_Indented, sort_keys=False, width=110) for each in objects]
    return (f"# {why}\n" + "---\n".join(written)).encode()


class _Indented(yaml.SafeDumper):
    """Indents lists below their key, as people do, and repeats instead of referring."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Never write a list at its key's own indentation."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """Write anchors nowhere."""
        return True
