"""Staff where auth is not hosted: a shadow of auth's users, and not there at all where auth is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from vortex.testing import plugin

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.servers
@pytest.mark.timeout(180)
def test_a_service_without_auth_has_shadow_staff():
    environment = {
        **os.environ,
        "VORTEX_HOSTS": "accounts",
        "VORTEX_TEST_SLOT": str(20 + plugin.slot()),
    }
    environment.pop("PYTEST_XDIST_WORKER", None)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "tests/kernel/identity/unhosted.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_where_auth_is_hosted_there_is_no_shadow():
    assert not apps.is_installed("vortex.identity")
    assert settings.AUTH_USER_MODEL == "vortex_auth.User"
