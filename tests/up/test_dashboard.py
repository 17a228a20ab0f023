"""The dashboard is built once for each state of its source, and a failure closes no bank."""

import sys
from pathlib import Path

import pytest

from config.up import dashboard
from config.up.building import Builder
from config.up.options import chosen


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ("v20.19.0", True),
        ("v20.18.9", False),
        ("v21.7.3", False),
        ("v22.12.0\n", True),
        ("v22.11.0", False),
        ("v24.19.0", True),
        ("v18.20.4", False),
        ("", False),
        ("node", False),
    ],
)
def test_only_a_node_that_builds_the_dashboard_is_taken(version: str, good: bool) -> None:  # noqa: FBT001
    assert dashboard.suits(version) is good


def test_a_step_that_fails_is_named_with_its_code() -> None:
    with pytest.raises(dashboard.CannotBuild, match=r"-c raise SystemExit\(3\)` ended with 3"):
        dashboard.run((sys.executable, "-c", "raise SystemExit(3)"), Path.cwd())


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(dashboard.CannotBuild, match="no-such-npm"):
        dashboard.run(("no-such-npm", "ci"), Path.cwd())


def test_what_was_built_is_current_until_a_source_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, dist, state = tmp_path / "web", tmp_path / "dist", tmp_path / "state"
    for name, folder in (("ROOT", tmp_path), ("WEB", source), ("DIST", dist), ("STATE", state)):
        monkeypatch.setattr(dashboard, name, folder)
    for folder in (source, dist, state, source / "node_modules"):
        folder.mkdir()
    (source / "main.tsx").write_text("one")
    (dist / "index.html").write_text("built of one")
    (state / "built").write_text(dashboard._digest(dashboard._sources()))
    assert dashboard.is_current()

    (source / "node_modules" / "package.js").write_text("not ours")
    assert dashboard.is_current()
    (source / "main.tsx").write_text("two")
    assert not dashboard.is_current()
    (source / "main.tsx").write_text("one")
    (dist / "index.html").unlink()
    assert not dashboard.is_current(), "what was removed is built again"


def test_a_failed_build_is_told_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "is_current", lambda: False)
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'npm: no such package'\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    builder = Builder(tmp_path)

    builder.start()
    said = builder.finish()

    assert "opens without its dashboard" in said
    assert "npm: no such package" in said
    assert builder.finish() == "", "it is said once"


def test_a_current_dashboard_starts_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "is_current", lambda: True)
    builder = Builder(tmp_path)

    builder.start()

    assert builder.finish() == ""
    assert not (tmp_path / "log").exists()


def test_the_source_has_an_address_of_its_own_beside_each_bank(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DEV", "1")
    monkeypatch.setenv("PORT", "8003")

    options = chosen([])

    assert options.dev
    assert options.source_address == "http://localhost:5176"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_use_of_the_api_and_of_the_messages_is_typed_right(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Generate the types from docs/reference/openapi.json and let TypeScript look at the source."""
    code = dashboard.main(["check"])

    assert code == 0, "".join(capfd.readouterr())
