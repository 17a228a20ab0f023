"""The system account that servers run under: oneself, or an unprivileged account where one is root.

PostgreSQL refuses to run as root. So as root its files belong to an account without rights, which
may pass through the directories above them and list none of them.
"""

import contextlib
import grp
import os
import pwd
import shutil
import stat
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vortex.embedded.failures import CannotOpen

NAME = "vortexcore"
_ACL = "system.posix_acl_access"
# Tags of POSIX.1e entries as Linux stores them: owner, named user, group, mask, everyone else.
_OWNER, _USER, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NOBODY_IN_PARTICULAR = 0xFFFFFFFF


@dataclass(frozen=True)
class Account:
    """Who a server runs as; `uid` and `gid` are None where that is who we are already."""

    uid: int | None = None
    gid: int | None = None

    @property
    def is_other(self) -> bool:
        """Whether the server runs under another account than ours."""
        return self.uid is not None

    def own(self, directory: Path) -> None:
        """Make a private directory of the account, creating it where it is missing."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.give(directory)

    def give(self, path: Path) -> None:
        """Make the account the owner of a file or directory."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def reach(self, directory: Path) -> None:
        """Let the account pass through the directories above one that it uses."""
        if self.uid is None:
            return
        for above in directory.resolve().parents:
            if not above.stat().st_mode & stat.S_IXOTH:
                _let_pass(above, self.uid)

    def run(self, command: Sequence[str | Path]) -> tuple[int, str]:
        """Run a command as the account and return its exit code and all that it said."""
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            user=self.uid,
            group=self.gid,
            extra_groups=[] if self.is_other else None,
        )
        return done.returncode, done.stdout

    def program(self, wheel: Path, name: str, copies: Path) -> Path:
        """Return a program of an installed wheel, in a place where the account can start it.

        Where it may not read the wheel (one installed under a strict umask) the wheel's directory
        and its libraries are copied once to `copies`.
        """
        if not self.is_other or all(_is_open(part) for part in _parts(wheel)):
            self.reach(wheel / name)
            return wheel / name
        target = copies / f"{wheel.name}-{(wheel / name).stat().st_mtime_ns}" / wheel.name
        if not target.parent.exists():
            _copy_for_everyone(wheel, target.parent)
        self.reach(target / name)
        return target / name


def _parts(wheel: Path) -> list[Path]:
    """Return a wheel's directory, and that of its libraries where they are beside it."""
    beside = wheel.with_name(f"{wheel.name}.libs")
    return [wheel, beside] if beside.exists() else [wheel]


def _is_open(directory: Path) -> bool:
    """Return whether everyone may read a directory and all that is in it."""
    modes = (path.stat().st_mode for path in (directory, *directory.rglob("*")))
    return all(mode & stat.S_IROTH and (mode & 0o001 or not stat.S_ISDIR(mode)) for mode in modes)


def _copy_for_everyone(wheel: Path, target: Path) -> None:
    """Copy a wheel under another name first, so that what has the right name is complete."""
    draft = target.with_name("draft")
    shutil.rmtree(draft, ignore_errors=True)
    for directory in _parts(wheel):
        shutil.copytree(directory, draft / directory.name)
    for path in (draft, *draft.rglob("*")):
        mode = path.stat().st_mode
        path.chmod(mode | stat.S_IRGRP | stat.S_IROTH | (0o011 if mode & stat.S_IXUSR else 0))
    draft.rename(target)


def account_for_servers() -> Account:
    """Return the account to run servers under, making a system account where root needs one."""
    if os.geteuid() != 0:
        return Account()
    for name in (NAME, "nobody"):
        found = _known(name) or (_created(name) if name == NAME else None)
        if found is not None:
            return found
    raise CannotOpen(
        f"PostgreSQL does not run as root, and no account {NAME!r} could be made for it. "
        "Run it as an ordinary user."
    )


def _known(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _created(name: str) -> Account | None:
    useradd = shutil.which("useradd") or "/usr/sbin/useradd"
    command = [useradd, "--system", "--no-create-home", "--home-dir", "/", "--user-group", name]
    if any(group.gr_name == name for group in grp.getgrall()):
        command[-2:] = ["--gid", name, name]
    # Two may try at once, and a small image has no useradd: what counts is what is there now.
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        subprocess.run([*command, "--shell", "/usr/sbin/nologin"], check=True, capture_output=True)
    return _known(name)


def _let_pass(directory: Path, uid: int) -> None:
    """Grant one account the right to pass, by an access control list where there are such."""
    mode = stat.S_IMODE(directory.stat().st_mode)
    try:
        os.setxattr(directory, _ACL, _with_passage(_acl_of(directory, mode), uid))
    except (AttributeError, OSError):
        directory.chmod(mode | stat.S_IXOTH)


def _acl_of(directory: Path, mode: int) -> dict[tuple[int, int], int]:
    try:
        stored = os.getxattr(directory, _ACL)
    except OSError:
        return {
            (_OWNER, _NOBODY_IN_PARTICULAR): mode >> 6 & 7,
            (_GROUP, _NOBODY_IN_PARTICULAR): mode >> 3 & 7,
            (_OTHER, _NOBODY_IN_PARTICULAR): mode & 7,
        }
    entries = struct.iter_unpack("<HHI", stored[4:])
    return {(tag, who): permissions for tag, permissions, who in entries}


def _with_passage(entries: dict[tuple[int, int], int], uid: int) -> bytes:
    entries[_USER, uid] = entries.get((_USER, uid), 0) | 1
    groups = (_USER, _GROUP)
    mask = entries.get((_MASK, _NOBODY_IN_PARTICULAR), 0)
    if not mask:  # without one so far, the group's own rights bounded nobody else
        for (tag, _), permissions in entries.items():
            mask |= permissions if tag in groups else 0
    entries[_MASK, _NOBODY_IN_PARTICULAR] = mask | 1
    packed = (
        struct.pack("<HHI", tag, rights, who) for (tag, who), rights in sorted(entries.items())
    )
    return struct.pack("<I", 2) + b"".join(packed)
