"""Servers run without rights: as oneself where one is ordinary, as another where one is root."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from vortex.embedded.account import Account, account_for_servers
from vortex.embedded.postgres import Postgres

ROOT = Path(__file__).resolve().parents[3]
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

_SCRIPT = """
from pathlib import Path
from vortex.embedded.postgres import Postgres
from vortex.embedded.valkey import Valkey
home = Path({home!r})
for server in (Postgres(home, durable=False), Valkey(home, durable=False)):
    server.start()
    assert server.ready()
    server.stop()
print("opened")
"""


@root_only
def test_as_root_the_server_runs_under_an_account_without_rights(
    home: Path, postgres_in: Callable[[Path], Postgres]
) -> None:
    server = postgres_in(home)
    server.start()

    assert server.process.pid is not None
    uids = psutil.Process(server.process.pid).uids()
    assert 0 not in {uids.real, uids.effective, uids.saved}
    assert (home / "postgres").stat().st_uid == uids.real


@root_only
def test_a_directory_above_lets_the_account_pass_and_nobody_read(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    inside = private / "data"
    account = account_for_servers()
    account.own(inside)

    account.reach(inside)

    assert account.run(["/bin/ls", str(inside)])[0] == 0
    assert account.run(["/bin/ls", str(private)])[0] != 0
    assert private.stat().st_mode & stat.S_IRWXO == 0


@root_only
def test_programs_that_the_account_may_not_read_are_copied(tmp_path: Path) -> None:
    shipped = tmp_path / "wheel"
    shipped.mkdir()
    for name in ("program", "its-companion"):
        shutil.copy("/bin/true", shipped / name)
        (shipped / name).chmod(0o700)
    account = account_for_servers()

    found = account.program(shipped, "program", tmp_path / "copies")

    assert found.is_relative_to(tmp_path / "copies")
    assert account.run([found])[0] == 0
    assert account.run([found.with_name("its-companion")])[0] == 0
    assert account.program(shipped, "program", tmp_path / "copies") == found


@root_only
def test_an_ordinary_user_opens_the_servers_too(tmp_path: Path) -> None:
    ordinary = pwd.getpwnam("nobody")
    user = Account(ordinary.pw_uid, ordinary.pw_gid)
    python = _python_for(user)
    if python is None:
        pytest.skip("an ordinary user of this machine can run no Python of this version")
    home = tmp_path / "of-nobody"
    user.own(home)
    user.reach(home)

    done = subprocess.run(
        [python, "-c", _SCRIPT.format(home=str(home))],
        user=ordinary.pw_uid,
        group=ordinary.pw_gid,
        extra_groups=[],
        env={"PYTHONPATH": os.pathsep.join([str(ROOT), *_site_packages()])},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "opened\n", done.stderr
    assert (home / "postgres").stat().st_uid == ordinary.pw_uid


def _python_for(user: Account) -> str | None:
    """Return a Python of our version that the user can run: ours may lie in root's home."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        try:
            if user.run([candidate, "-c", "import ssl"])[0] == 0:
                return candidate
        except OSError:
            continue
    return None


def _site_packages() -> list[str]:
    return [path for path in sys.path if path.endswith("site-packages")]
