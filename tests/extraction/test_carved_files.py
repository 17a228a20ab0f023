"""What a carved project is deployed by is judged by others: each format's own validator."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import msgspec
import pytest
import yaml
from cloudcoil.models.istio.networking import v1 as networking
from cloudcoil.models.istio.security import v1 as security
from compose_spec import PyCompose
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from config.contexts import CONTEXTS
from config.up.dotenv import environment
from config.up.programs import COMMANDS
from extraction.carving import Project, project
from tests.architecture.source import ROOT

DATA = Path(os.environ.get("VORTEX_DATA_DIR", ROOT.parent / "shared" / "data"))
PROJECTS = {context.name: project(context.name) for context in CONTEXTS}
ISTIO: dict[str, Any] = {
    "VirtualService": networking.VirtualService,
    "DestinationRule": networking.DestinationRule,
    "PeerAuthentication": security.PeerAuthentication,
    "AuthorizationPolicy": security.AuthorizationPolicy,
}

every_context = pytest.mark.parametrize("made", PROJECTS.values(), ids=PROJECTS)


def documents(made: Project, path: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(made.content(path)))


def below(made: Project, folder: str, suffix: str = ".yaml") -> list[str]:
    found = [path for path in made.files if path.startswith(folder) and path.endswith(suffix)]
    assert found
    return found


def judge(schema: str, content: Any) -> list[str]:
    """Return what a published schema finds wrong; skip where the schemas are not at hand."""
    file = DATA / "schemas" / schema
    if not file.is_file():
        pytest.skip(f"There is no {file}: VORTEX_DATA_DIR names where the schemas are.")
    published = msgspec.json.decode(file.read_bytes())
    judges: Any = validator_for(published, default=Draft202012Validator)
    return [error.message for error in judges(published).iter_errors(content)]


@every_context
def test_kubernetes_takes_every_manifest_strictly(made: Project) -> None:
    for path in below(made, "deploy/kubernetes/"):
        for document in documents(made, path):
            if document["kind"] != "Kustomization":
                version = kubernetes_validate.latest_version()
                kubernetes_validate.validate(document, version, strict=True)


def kinds(made: Project) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (document["kind"], document.get("metadata", {}).get("name", "")): document
        for path in below(made, "deploy/kubernetes/")
        for document in documents(made, path)
    }


@every_context
def test_a_service_has_all_that_a_cluster_needs_of_it(made: Project) -> None:
    name, found = made.context.service, kinds(made)
    web = found["Deployment", name]["spec"]
    container = web["template"]["spec"]["containers"][0]

    assert web["replicas"] == 3
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
    assert container["ports"] == [{"name": "http", "containerPort": made.context.port}]
    assert f"--port={made.context.port}" in container["command"]
    assert found["HorizontalPodAutoscaler", name]["spec"]["minReplicas"] == 3
    assert found["PodDisruptionBudget", name]["spec"]["minAvailable"] == 2
    assert found["Service", name]["spec"]["ports"][0]["port"] == made.context.port
    assert found["Job", f"{name}-migrate"]
    assert found["Deployment", f"{name}-beat"]["spec"]["replicas"] == 1
    assert found["ConfigMap", name]["data"]["VORTEX_HOSTS"] == made.context.name
    assert not [kind for kind, _ in found if kind == "Secret"]
    processes = {name} | {f"{name}-{kind}" for kind in COMMANDS if kind != "web"}
    assert {named for kind, named in found if kind == "Deployment"} == processes


@every_context
def test_no_process_is_root_writes_to_its_image_or_talks_to_the_cluster(made: Project) -> None:
    pods = [
        document["spec"]["template"]["spec"]
        for (kind, _), document in kinds(made).items()
        if kind in {"Deployment", "Job"}
    ]
    assert len(pods) == len(COMMANDS) + 1
    for pod in pods:
        container = pod["containers"][0]["securityContext"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        assert container["readOnlyRootFilesystem"] is True
        assert container["capabilities"] == {"drop": ["ALL"]}


@every_context
def test_the_network_lets_in_what_a_policy_names_and_every_pod_has_one(made: Project) -> None:
    found = kinds(made)
    policies = [d["spec"] for (kind, _), d in found.items() if kind == "NetworkPolicy"]
    covered = set(policies[0]["podSelector"]["matchExpressions"][0]["values"])

    labels = {
        document["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"]
        for (kind, _), document in found.items()
        if kind in {"Deployment", "Job"}
    }
    assert labels == covered
    assert "ingress" not in policies[0]
    assert policies[1]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": made.context.port}]


@every_context
def test_istio_takes_every_object_and_knows_every_field(made: Project) -> None:
    for path in below(made, "deploy/istio/"):
        for document in documents(made, path):
            ISTIO[document["kind"]].model_validate(document, extra="forbid")


def test_a_field_that_istio_does_not_know_is_refused() -> None:
    (wrong, _) = documents(PROJECTS["payments"], "deploy/istio/share-10.yaml")
    wrong["spec"]["http"][0]["wieght"] = 1

    with pytest.raises(ValueError, match="wieght"):
        ISTIO["VirtualService"].model_validate(wrong, extra="forbid")


@every_context
@pytest.mark.parametrize("share", [10, 50, 100])
def test_istio_and_kong_give_the_same_share(made: Project, share: int) -> None:
    service, _ = documents(made, f"deploy/istio/share-{share}.yaml")
    (kong,) = documents(made, f"deploy/kong/share-{share}.yaml")

    for route, given in zip(
        service["spec"]["http"][:2], (share, 100 * (share == 100)), strict=True
    ):
        weights = {r["destination"]["host"]: r["weight"] for r in route["route"]}
        assert weights.get(made.context.service, 0) == given
        assert sum(weights.values()) == 100
    targets = kong["upstreams"][0]["targets"]
    assert [target["weight"] for target in targets] == [share, 100 - share]
    assert {target["target"].partition(":")[0]: target["weight"] for target in targets} == {
        made.context.service: share,
        "web": 100 - share,
    }


@every_context
@pytest.mark.parametrize("share", [10, 50])
def test_while_reads_are_shared_kong_sends_every_write_to_the_monolith(
    made: Project, share: int
) -> None:
    (kong,) = documents(made, f"deploy/kong/share-{share}.yaml")
    reads, writes = kong["services"]

    assert reads["routes"][0]["methods"] == ["GET", "HEAD"]
    assert (writes["host"], "methods" in writes["routes"][0]) == ("web", False)
    assert writes["routes"][0]["paths"] == reads["routes"][0]["paths"]


@every_context
def test_a_mirror_answers_from_the_monolith_and_shows_reads_only(made: Project) -> None:
    service, _ = documents(made, "deploy/istio/mirror.yaml")
    mirrored, *others = service["spec"]["http"]

    assert mirrored["mirror"]["host"] == made.context.service
    assert {match["method"]["regex"] for match in mirrored["match"]} == {"GET|HEAD"}
    assert not [route for route in others if "mirror" in route]
    for route in service["spec"]["http"]:
        assert [r["destination"]["host"] for r in route["route"]] == ["web"]


@every_context
def test_kong_matches_the_contexts_own_addresses_only(made: Project) -> None:
    (kong,) = documents(made, "deploy/kong/share-100.yaml")
    patterns = [path.removeprefix("~") for path in kong["services"][0]["routes"][0]["paths"]]

    def met(path: str) -> bool:
        return any(re.match(pattern, path) for pattern in patterns)

    name = made.context.name
    assert met(f"/api/{name}")
    assert met(f"/api/v1/{name}/1")
    assert met(f"/rpc/{name}/v1/x.y")
    assert not met(f"/api/{name}x")
    assert not met("/admin/")
    assert met("/.well-known/jwks.json") is (name == "auth")


@every_context
def test_kong_takes_its_file(made: Project) -> None:
    for path in below(made, "deploy/kong/"):
        (content,) = documents(made, path)
        assert judge("kong_json_schema.json", content) == []


@every_context
def test_prometheus_takes_its_files(made: Project) -> None:
    (scraping,) = documents(made, "deploy/prometheus/prometheus.yml")
    (rules,) = documents(made, "deploy/prometheus/rules.yml")

    assert judge("prometheus.json", scraping) == []
    assert judge("prometheus.rules.json", rules) == []


@every_context
def test_grafana_takes_its_dashboard(made: Project) -> None:
    content = msgspec.json.decode(made.content("deploy/grafana/dashboard.json"))

    assert judge("grafana-dashboard-5.x.json", content) == []


def test_a_published_schema_refuses_what_is_wrong() -> None:
    assert judge("kong_json_schema.json", {"services": [{"nmae": "x"}]})
    assert judge("prometheus.json", {"scrape_configs": [{"job_nmae": "x"}]})
    assert judge("prometheus.rules.json", {"groups": [{"rules": 1}]})
    assert judge("grafana-dashboard-5.x.json", {"dashboard": {"title": 5}})
    assert judge("github-workflow.json", {"jobs": {"test": {"steps": 1}}})


def test_every_metric_that_is_watched_is_counted_somewhere() -> None:
    """A dashboard that asks for what nobody counts shows a calm that is none."""
    made = PROJECTS["payments"]
    watched = made.content("deploy/grafana/dashboard.json").decode()
    watched += made.content("deploy/prometheus/rules.yml").decode()
    names = set(re.findall(r"vortex_[a-z_]+", watched))
    source = "\n".join(
        file.read_text() for file in (ROOT / "vortex").rglob("*.py") if "testing" not in file.parts
    )

    assert len(names) >= 4
    for name in names:
        counted = re.sub(r"_(count|bucket|sum)$", "", name)
        assert f'"{counted}"' in source, name


@every_context
def test_the_compose_file_follows_the_specification_and_starts_all_processes(made: Project) -> None:
    text = made.content("docker-compose.yml").decode()
    values = environment()

    class Spelled(yaml.SafeDumper):
        """Writes what merge keys and anchors stand for: the specification's reader has neither."""

        def ignore_aliases(self, data: object) -> bool:
            return True

    spelled = yaml.dump(yaml.safe_load(text), Dumper=Spelled)
    filled = re.sub(r"\$\{([A-Z_]+):\?[^}]*\}", lambda found: values[found[1]], spelled)
    parsed = PyCompose.from_yaml(re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", filled))

    assert set(parsed.service_names()) == {"postgres", "valkey", "init", *COMMANDS}
    assert f"--queues=kernel.{made.context.name},{made.context.name}" in text
    assert f"${{PORT:-{made.context.port}}}:{made.context.port}" in text
    assert "vortexcore" not in text


@every_context
def test_hadolint_takes_the_dockerfile(made: Project, tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_bytes(made.content("Dockerfile"))
    hadolint = Path(sys.executable).with_name("hadolint")

    done = subprocess.run([hadolint, file], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert f"EXPOSE {made.context.port}" in file.read_text()


@every_context
def test_github_takes_the_workflow(made: Project) -> None:
    content = yaml.safe_load(made.content(".github/workflows/ci.yml"))
    content["on"] = content.pop(True)  # YAML 1.1 takes `on` for a truth value
    targets = set(re.findall(r"^([a-z.]+):", made.content("Makefile").decode(), re.MULTILINE))

    for job in content["jobs"].values():
        for step in job["steps"]:
            assert set(re.findall(r"\bmake ([a-z.]+)", step.get("run", ""))) <= targets
    assert content["permissions"] == {"contents": "read"}
    assert judge("github-workflow.json", content) == []
