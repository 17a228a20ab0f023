"""Tables of a page that is measured: a run writes its own rows and leaves those of other runs."""

from collections.abc import Sequence
from pathlib import Path


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Return a table as Markdown, its headings first; columns of numbers stand to the right."""
    right = [
        bool(rows[1:]) and all(_number(row[i]) for row in rows[1:]) for i in range(len(rows[0]))
    ]
    rules = ["---:" if number else "---" for number in right]
    return "\n".join("| " + " | ".join(row) + " |" for row in (rows[0], rules, *rows[1:]))


def publish(page: Path, mark: str, rows: list[list[str]], *, key: int, order: list[str]) -> None:
    """Write rows into the table between two marks, in the order of the names in column `key`.

    A row of the same name is replaced, and one of an older shape dropped. One that is not in the
    order comes last.
    """
    begin, end = f"<!-- {mark} -->\n", f"\n<!-- end of {mark} -->"
    before, found, rest = page.read_text().partition(begin)
    old, closed, after = rest.partition(end)
    if not (found and closed):
        raise LookupError(f"{page} has no table between {begin.strip()} and {end.strip()}")
    known = [row for row in map(_cells, old.splitlines()[2:]) if len(row) == len(rows[0])]
    kept = {row[key]: row for row in known}
    kept |= {row[key]: row for row in rows[1:]}
    places = {name: place for place, name in enumerate(order)}
    ordered = sorted(kept.values(), key=lambda row: places.get(row[key], len(order)))
    page.write_text(f"{before}{begin}{markdown([rows[0], *ordered])}{end}{after}")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _number(cell: str) -> bool:
    return cell.removesuffix(" ms").replace(",", "").replace(".", "").isdigit()
