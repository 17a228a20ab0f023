"""The manifests are valid, run what `make up` runs, and give no process more than it needs."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from config.up.programs import COMMANDS
from tests.architecture.source import ROOT

FOLDER = ROOT / "docs" / "operate" / "kubernetes"
FILES = sorted(file for file in FOLDER.rglob("*.yaml") if file.name != "kustomization.yaml")
OVERLAYS = ("staging", "production")


def documents(file: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(file.read_text()))


EVERYTHING = [(file.name, found) for file in FILES for found in documents(file)]
PODS = [
    found["spec"]["template"]["spec"]
    for _, found in EVERYTHING
    if found["kind"] in {"Deployment", "Job"}
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_manifest_follows_the_schema_of_kubernetes(file: Path) -> None:
    for document in documents(file):
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)


def test_a_wrong_manifest_is_refused() -> None:
    wrong = documents(FOLDER / "base" / "web.yaml")[0]
    wrong["spec"]["replicaz"] = 3

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_deployment_runs_what_make_up_runs(name: str) -> None:
    deployment = documents(FOLDER / "base" / f"{name}.yaml")[0]
    command = deployment["spec"]["template"]["spec"]["containers"][0]["command"]

    assert deployment["metadata"]["name"] == name
    assert command[0] == "python"
    assert tuple(command[1 : len(COMMANDS[name]) + 1]) == COMMANDS[name]


def test_there_is_one_clock_and_never_two() -> None:
    beat = documents(FOLDER / "base" / "beat.yaml")[0]["spec"]

    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})


def test_no_process_is_root_writes_to_its_image_or_talks_to_the_cluster() -> None:
    assert len(PODS) == len(COMMANDS) + 1
    for pod in PODS:
        container = pod["containers"][0]["securityContext"]

        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert container["readOnlyRootFilesystem"] is True
        assert container["allowPrivilegeEscalation"] is False
        assert container["capabilities"] == {"drop": ["ALL"]}


def test_only_the_job_that_makes_databases_sees_the_superuser() -> None:
    seeing = [
        pod["containers"][0]["name"]
        for pod in PODS
        for source in pod["containers"][0]["envFrom"]
        if source.get("secretRef", {}).get("name") == "vortexcore-admin"
    ]

    assert seeing == ["initialize"]


def test_no_secret_is_written_down() -> None:
    assert "Secret" not in {found["kind"] for _, found in EVERYTHING}


@pytest.mark.parametrize("folder", ["base", *OVERLAYS])
def test_a_kustomization_names_every_file_beside_it(folder: str) -> None:
    named = yaml.safe_load((FOLDER / folder / "kustomization.yaml").read_text())["resources"]

    beside = {file.name for file in (FOLDER / folder).glob("*.yaml")} - {"kustomization.yaml"}
    assert {name for name in named if name != "../base"} == beside


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_patch_of_an_overlay_meets_something(overlay: str) -> None:
    patches = yaml.safe_load((FOLDER / overlay / "kustomization.yaml").read_text())["patches"]

    for patch in patches:
        target = patch["target"]
        met = [
            found
            for _, found in EVERYTHING
            if found["kind"] == target["kind"]
            and found["metadata"]["name"] == target.get("name", found["metadata"]["name"])
        ]
        assert len(met) == 1, target
        for change in yaml.safe_load(patch["patch"]):
            _follow(met[0], change["path"], change["op"])


def _follow(document: Any, path: str, operation: str) -> None:
    *parents, last = path.strip("/").split("/")
    for part in parents:
        document = document[part]
    assert operation == "add" or last in document, path
