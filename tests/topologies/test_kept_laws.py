"""The laws of a context are read from its code once, and again when the code is another."""

from pathlib import Path

import msgspec
import pytest

from extraction import laws


@pytest.mark.timeout(300)
def test_laws_are_kept_until_the_code_changes(tmp_path: Path) -> None:
    kept = tmp_path / "run" / "laws-accounts.json"
    kept.parent.mkdir()
    kept.write_bytes(msgspec.json.encode({"code": "another", "laws": []}))

    read = laws.laws_of("accounts", tmp_path)
    content = msgspec.json.decode(kept.read_bytes())
    kept.write_bytes(msgspec.json.encode(content | {"laws": [("kept", "select 1, 2")]}))
    again = laws.laws_of("accounts", tmp_path)

    assert len(read) > 3
    assert again[-1] == laws.Law("kept", "select 1, 2")
