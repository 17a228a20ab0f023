"""The container files are valid and start the same programs as `make up`."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from config.contexts import CONTEXTS
from config.up.dotenv import environment
from config.up.programs import COMMANDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert isinstance(content, dict)
    return content


def interpolated(text: str) -> str:
    """Return the text with variables filled in, as the engine does before it looks."""
    values = environment()
    filled = re.sub(r"\$\{([A-Z_]+):\?[^}]*\}", lambda found: values[found[1]], text)
    return re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", filled)


def test_the_compose_file_follows_the_specification(compose: dict[str, Any]) -> None:
    class Spelled(yaml.SafeDumper):
        """Writes what merge keys and anchors stand for: the specification's reader has neither."""

        def ignore_aliases(self, data: object) -> bool:
            return True

    parsed = PyCompose.from_yaml(interpolated(yaml.dump(compose, Dumper=Spelled)))

    assert set(parsed.service_names()) == {"postgres", "valkey", "init", *COMMANDS}


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "web"])
def test_compose_runs_what_make_up_runs(compose: dict[str, Any], name: str) -> None:
    command = [str(word) for word in compose["services"][name]["command"]]

    assert command[0] == "python"
    assert tuple(command[1 : len(COMMANDS[name]) + 1]) == COMMANDS[name]


def test_the_image_runs_the_same_web_server() -> None:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
    command = re.findall(r'"([^"]+)"', text[text.rindex("\nCMD") :])

    assert command[0] == "python"
    assert tuple(command[1 : len(COMMANDS["web"]) + 1]) == COMMANDS["web"]


def test_every_variable_of_the_compose_file_is_written_by_make_env(compose: dict[str, Any]) -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+):\?", yaml.dump(compose)))
    written = environment()

    assert asked <= set(written)
    assert {context.database_variable for context in CONTEXTS} <= set(written)
    passwords = [written[context.database_variable].split(":")[2] for context in CONTEXTS]
    assert len(set(passwords)) == len(CONTEXTS)


def test_nothing_of_ours_runs_as_root_or_writes_to_its_image(compose: dict[str, Any]) -> None:
    for name in ("init", *COMMANDS):
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
    users = re.findall(r"\nUSER (.+)\n", (ROOT / "Dockerfile").read_text())
    assert users == ["10001:10001"]


def test_nothing_starts_before_the_databases_are_ready(compose: dict[str, Any]) -> None:
    services = compose["services"]

    for name in COMMANDS:
        assert services[name]["depends_on"]["init"] == {
            "condition": "service_completed_successfully"
        }
    assert services["init"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_the_dockerfile_has_no_finding() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")

    done = subprocess.run(
        [hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_the_image_gets_only_what_it_runs() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}

    assert "*" in lines
    assert kept == {"manage.py", "apps", "config", "requirements", "vortex"}
