"""Carving: what is taken along, what is refused, the same bytes twice, and a service that lives."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from config.contexts import CONTEXTS
from extraction.__main__ import main
from extraction.carving import project
from extraction.up.topology import is_built
from tests.architecture.source import ROOT
from tests.bank import Bank, place

# In `make test` one context is carved, installed and opened, and runs one file of its tests: that
# all of them pass on such a disk is proved by tests/architecture/test_alone.py. `make carved` does
# what a stranger does, `make test` in the new project, for each context.
WHOLE = "CARVED" in os.environ
PROVED = os.environ.get("CARVED", "accounts").split(",")
SAMPLE = (".venv/bin/python", "-m", "pytest", "-n0", "-q", "apps/accounts/tests/test_opening.py")
BUILT = [context.name for context in CONTEXTS if is_built(context.name)]


def carved(name: str, where: Path) -> Path:
    assert main(["carve", name, "--to", str(where)]) == 0
    return where


def tree(directory: Path) -> dict[str, tuple[bytes, int]]:
    return {
        file.relative_to(directory).as_posix(): (file.read_bytes(), file.stat().st_mode)
        for file in sorted(directory.rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize("name", [context.name for context in CONTEXTS])
def test_a_project_has_the_context_the_kernel_and_of_the_others_their_contracts_only(
    name: str,
) -> None:
    files = project(name).files

    for other in CONTEXTS:
        theirs = [path for path in files if path.startswith(f"apps/{other.name}/")]
        if other.name == name:
            assert f"apps/{name}/apps.py" in theirs
        else:
            assert f"apps/{other.name}/__init__.py" in theirs
            rest = [path for path in theirs if "contracts" not in path]
            assert rest == [f"apps/{other.name}/__init__.py"]
    assert "vortex/binding/proxy.py" in files
    assert not [path for path in files if path.startswith(("extraction/", "tests/", "config/demo"))]
    assert not [path for path in files if "dashboard/" in path or path.endswith(".pyc")]


def test_what_is_copied_is_not_changed_by_a_byte(tmp_path: Path) -> None:
    target = carved("payments", tmp_path / "new")

    made = project("payments")
    assert len(made.copied) > 200
    for path, source in made.copied.items():
        if path not in made.written:
            assert (target / path).read_bytes() == source.read_bytes()
    assert os.access(target / "manage.py", os.X_OK) == os.access(ROOT / "manage.py", os.X_OK)


def test_carving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = carved("auth", tmp_path / "one"), carved("auth", tmp_path / "two")

    assert tree(first) == tree(second)


def test_a_directory_that_is_not_empty_is_refused_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    assert main(["carve", "payments", "--to", str(tmp_path)]) == 1

    assert "is not empty" in capsys.readouterr().err
    assert tree(tmp_path).keys() == {"mine.txt"}


def test_a_file_in_the_way_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    assert main(["carve", "payments", "--to", str(tmp_path / "mine.txt")]) == 1
    assert main(["carve", "payments", "--to", str(tmp_path / "mine.txt" / "below")]) == 1

    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert "cannot be written" in capsys.readouterr().err


def test_an_unknown_context_is_refused_with_the_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["carve", "loans", "--to", str(tmp_path / "x")]) == 1

    said = capsys.readouterr().err
    assert "no context 'loans'" in said
    assert all(context.name in said for context in CONTEXTS)
    assert not (tmp_path / "x").exists()


def test_a_dry_run_writes_nothing_and_says_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["carve", "chat", "--to", str(tmp_path / "x"), "--dry-run"]

    assert main(words) == 0
    told = capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    answer: dict[str, Any] = msgspec.json.decode(capsys.readouterr().out)

    assert not list(tmp_path.iterdir())
    assert answer["written"] is False
    assert (answer["service"], answer["port"]) == ("vortex-chat-service", 3008)
    assert all(f" {path}\n" in told for path in answer["files"])


@pytest.fixture(scope="module", params=PROVED)
def service(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A carved project in an environment of its own, installed from its own hashed requirements."""
    with place() as directory:
        target = carved(request.param, directory / "service")
        uv = Path(sys.executable).with_name("uv")
        for words in (
            ["venv", "--quiet", ".venv", "--python", sys.executable],
            ["pip", "sync", "--quiet", "--require-hashes", "requirements/dev.txt"],
        ):
            subprocess.run([uv, *words], cwd=target, env=stranger(target), check=True)
        (target / ".venv" / ".uv").touch()
        (target / ".venv" / ".dev").touch()
        yield target


def stranger(target: Path) -> dict[str, str]:
    """Return an environment that knows nothing of this run: no server, no path, no setting."""
    kept = ("PATH", "HOME", "LANG", "UV_", "PIP_", "SSL_", "TMPDIR")
    found = {name: value for name, value in os.environ.items() if name.startswith(kept)}
    return found | {"VIRTUAL_ENV": str(target / ".venv")}


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("carved")
def test_a_carved_service_passes_its_own_tests_in_a_fresh_environment(service: Path) -> None:
    done = subprocess.run(
        ["make", "test"] if WHOLE else SAMPLE,
        cwd=service,
        env=stranger(service),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert " passed" in done.stdout


@pytest.mark.slow
@pytest.mark.servers
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("carved")
def test_a_carved_service_opens_with_a_database_of_its_own(service: Path) -> None:
    (served,) = [
        known for known in CONTEXTS if (service / "apps" / known.name / "apps.py").exists()
    ]
    python = str(service / ".venv" / "bin" / "python")
    usual = "from config.up.options import chosen; print(chosen([]).port)"
    asked = subprocess.run(
        [python, "-c", usual],
        cwd=service,
        env=stranger(service),
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.stdout == f"{served.port}\n", asked.stderr

    home = service.parent / "home"
    with Bank(home, [python, "-m", "config.up"], service, topology="") as alone:
        ready = httpx.get(f"{alone.url}/health/ready", timeout=10).json()
        document = httpx.get(f"{alone.url}/api/schema", timeout=30)
        closed = httpx.get(f"{alone.url}/api/{served.name}", timeout=10)

    parts = [part["name"] for part in ready["parts"] if part["name"].startswith("database:")]
    assert parts == [f"database:{served.name}"]
    assert document.status_code == 200
    assert closed.status_code in {401, 404, 503}
    shutil.rmtree(home)


def test_every_built_context_can_be_proved() -> None:
    assert set(PROVED) <= set(BUILT) | {""}
