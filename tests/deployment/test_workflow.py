"""The workflow has the stages in order; its deployments are honest about what they need."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from jsonschema import Draft7Validator

from tests.architecture.source import ROOT

STAGES = [
    "test",
    "build",
    "security-scan",
    "deploy-staging",
    "integration-tests",
    "deploy-production",
]
DATA = Path(os.environ.get("VORTEX_DATA_DIR", ROOT.parent / "shared" / "data"))
# A stand-in that notes how it was called and lets everything succeed.
KUBECTL = '#!/bin/sh\necho "$@" >> "$CALLS"\n[ "$1" = kustomize ] || cat > /dev/null <&0\n'


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    content = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - makes strings only
    assert isinstance(content, dict)
    return content


def test_the_workflow_follows_its_schema() -> None:
    schema = DATA / "schemas" / "github-workflow.json"
    if not schema.is_file():
        pytest.skip(f"There is no {schema}: VORTEX_DATA_DIR names where the schemas are.")
    content = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    content["on"] = content.pop(True)  # YAML 1.1 takes `on` for a truth value

    errors = Draft7Validator(msgspec.json.decode(schema.read_bytes())).iter_errors(content)

    assert [error.message for error in errors] == []


def test_the_stages_are_the_roadmaps_in_their_order(workflow: dict[str, Any]) -> None:
    assert list(workflow["jobs"]) == STAGES
    for place, stage in enumerate(STAGES[1:], start=1):
        needs = workflow["jobs"][stage]["needs"]
        assert set([needs] if isinstance(needs, str) else needs) <= set(STAGES[:place])
    assert "integration-tests" in workflow["jobs"]["deploy-production"]["needs"]


def test_every_command_is_written_in_the_makefile_or_in_ci(workflow: dict[str, Any]) -> None:
    targets = set(re.findall(r"^([a-z.]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    scripts = [
        step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step
    ]

    for script in scripts:
        assert set(re.findall(r"\bmake ([a-z.]+)", script)) <= targets
        for name in re.findall(r"\.ci/(\w+)", script):
            assert os.access(ROOT / ".ci" / name, os.X_OK)


def test_a_fork_gets_no_more_than_it_may_read(workflow: dict[str, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in workflow["on"]
    for job in workflow["jobs"].values():
        assert "secrets." not in job.get("if", "")


def run(script: str, *words: str, path: str = "", **environment: str) -> Any:
    return subprocess.run(
        [ROOT / ".ci" / script, *words],
        env={"PATH": f"{path}{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_cluster_nothing_is_deployed_and_that_is_said(tmp_path: Path) -> None:
    done = run("deploy", "staging", "bank:1", GITHUB_OUTPUT=str(tmp_path / "output"))

    assert done.returncode == 0
    assert "no secret KUBECONFIG" in done.stdout
    assert (tmp_path / "output").read_text() == "deployed=false\n"


def test_a_cluster_without_an_image_to_pull_is_an_error() -> None:
    done = run("deploy", "staging", "bank:1", KUBECONFIG_CONTENT="apiVersion: v1")

    assert done.returncode == 1
    assert "no image" in done.stdout


def test_a_deployment_migrates_waits_and_then_rolls(tmp_path: Path) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(KUBECTL)
    kubectl.chmod(0o700)

    done = run(
        "deploy",
        "production",
        "bank:1",
        path=f"{tmp_path}:",
        KUBECONFIG_CONTENT="apiVersion: v1",
        PUSHED="true",
        CALLS=str(tmp_path / "calls"),
        GITHUB_OUTPUT=str(tmp_path / "output"),
    )

    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "calls").read_text()
    order = ["delete job", "stage=before", "wait job/initialize", "apply --filename", "rollout"]
    places = [calls.index(word) for word in order]
    assert places == sorted(places)
    assert (tmp_path / "output").read_text() == "deployed=true\n"


def test_nothing_is_asked_where_nothing_was_deployed() -> None:
    done = run("smoke", "")

    assert done.returncode == 0
    assert "Nothing was deployed" in done.stdout


def test_a_deployed_bank_without_an_address_is_an_error() -> None:
    done = run("smoke", "", DEPLOYED="true")

    assert done.returncode != 0
    assert "no variable ADDRESS" in done.stderr
