"""Kubernetes manifests: web, relay, consumers, worker, clock; migrations first; nobody is root."""

from typing import Any

from config.contexts import Context
from config.up.programs import COMMANDS
from extraction.carving.texts import documents

Json = dict[str, Any]

_ME = "app.kubernetes.io/name"
_WHOLE = "app.kubernetes.io/part-of"
_BANK = "vortexcore"
# Everything that a service may call: names, PostgreSQL, Valkey, Kafka, traces, HTTPS, the others.
_CALLED = (5432, 6379, 9092, 4318, 443, 80, 8000)


def manifests(carved: Context) -> dict[str, bytes]:
    """Return every manifest by its file name."""
    written = {
        "settings.yaml": documents("What is no secret.", _settings(carved)),
        "migrate.yaml": documents(
            "Makes the database and its role where it may, and migrates; a rollout waits for it.",
            _job(carved),
        ),
        "web.yaml": documents(
            "The one port. Stateless; the autoscaler changes the count.", *_web(carved)
        ),
        "relay.yaml": documents(
            "Publishes the outbox. Two are safe: a lease is fenced.",
            _deployment(carved, "relay", 2),
        ),
        "consumers.yaml": documents(
            "Hears events. Two are safe: each event is handled once, by its inbox row.",
            _deployment(carved, "consumers", 2),
        ),
        "worker.yaml": documents(
            f"Celery's worker, on the queue of {carved.name}.", _deployment(carved, "worker", 2)
        ),
        "beat.yaml": documents("The clock. There is one and never two.", _clock(carved)),
        "network.yaml": documents(
            "Only the bank's gateway and its services call in; only what is needed is called.",
            *_network(carved),
        ),
    }
    kustomization: Json = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "labels": [{"pairs": {_WHOLE: _BANK}}],
        "resources": list(written),
    }
    return written | {"kustomization.yaml": documents("Everything in one go.", kustomization)}


def command(carved: Context, kind: str) -> list[str]:
    """Return the command of a process, the one that `make up` starts."""
    places = {
        "web": ["--host=0.0.0.0", f"--port={carved.port}"],
        "beat": ["--schedule=/tmp/beat"],
    }
    words = [
        f"--queues=kernel.{carved.name},{carved.name}" if word.startswith("--queues=") else word
        for word in COMMANDS[kind]
    ]
    return ["python", *words, *places.get(kind, [])]


def _name(carved: Context, kind: str) -> str:
    return carved.service if kind == "web" else f"{carved.service}-{kind}"


def _meta(name: str) -> Json:
    return {"name": name, "labels": {_ME: name, _WHOLE: _BANK}}


def _settings(carved: Context) -> Json:
    data = {
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "OTEL_SERVICE_NAME": carved.service,
        "PORT": str(carved.port),
        "VORTEX_ALLOWED_HOSTS": f"{carved.service},localhost",
        "VORTEX_HOSTS": carved.name,
        "VORTEX_LOG_LEVEL": "INFO",
        "VORTEX_SSL_REDIRECT": "0",  # TLS ends at the gateway or the mesh
        "VORTEX_TOPOLOGY_FILE": "/srv/vortex/topology/topology.json",
        "VORTEX_TRUSTED_PROXIES": "1",
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _meta(carved.service),
        "data": data,
    }


def _pod(carved: Context, kind: str, words: list[str], memory: int) -> Json:
    """Return a pod's template: no root, no writable image, no way to the cluster's interface."""
    topology = {"name": f"{carved.service}-topology", "optional": True}
    return {
        "metadata": {"labels": {_ME: _name(carved, kind), _WHOLE: _BANK}},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": 60 if kind == "worker" else 30,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "runAsGroup": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [_container(carved, kind, words, memory)],
            "volumes": [
                {"name": "scratch", "emptyDir": {}},
                {"name": "topology", "configMap": topology},
            ],
        },
    }


def _container(carved: Context, kind: str, words: list[str], memory: int) -> Json:
    sources = [{"configMapRef": {"name": carved.service}}, {"secretRef": {"name": carved.service}}]
    return {
        "name": kind,
        "image": f"{carved.service}:local",
        "command": words,
        "envFrom": sources,
        "resources": {
            "requests": {"cpu": "100m", "memory": f"{memory}Mi"},
            "limits": {"memory": f"{2 * memory}Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
            {"name": "topology", "mountPath": "/srv/vortex/topology", "readOnly": True},
        ],
    }


def _deployment(carved: Context, kind: str, replicas: int, memory: int = 256) -> Json:
    name = _name(carved, kind)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _meta(name),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {_ME: name}},
            "template": _pod(carved, kind, command(carved, kind), memory),
        },
    }


def _clock(carved: Context) -> Json:
    made = _deployment(carved, "beat", 1, 192)
    made["spec"]["strategy"] = {"type": "Recreate"}
    return made


def _job(carved: Context) -> Json:
    pod = _pod(carved, "migrate", ["python", "-m", "config.up.initialize"], 256)
    pod["spec"]["restartPolicy"] = "Never"
    # The superuser's URL, where there is one; only this job sees it.
    admin = {"name": f"{carved.service}-admin", "optional": True}
    pod["spec"]["containers"][0]["envFrom"].append({"secretRef": admin})
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _meta(_name(carved, "migrate")),
        "spec": {"backoffLimit": 3, "activeDeadlineSeconds": 600, "template": pod},
    }


def _web(carved: Context) -> list[Json]:
    name = carved.service
    deployment = _deployment(carved, "web", 3, 384)
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["ports"] = [{"name": "http", "containerPort": carved.port}]
    container["startupProbe"] = _probe("live", periodSeconds=3, failureThreshold=40)
    container["readinessProbe"] = _probe("ready", periodSeconds=5)
    container["livenessProbe"] = _probe("live", periodSeconds=15)
    # The endpoint list learns of the end before the server does.
    container["lifecycle"] = {"preStop": {"exec": {"command": ["sleep", "5"]}}}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _meta(name),
        "spec": {
            "selector": {_ME: name},
            "ports": [
                {"name": "http", "port": carved.port, "targetPort": "http", "appProtocol": "http"}
            ],
        },
    }
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _meta(name),
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {_ME: name}}},
    }
    return [deployment, service, budget, _autoscaler(name)]


def _autoscaler(name: str) -> Json:
    target = {"type": "Utilization", "averageUtilization": 300}  # of a tenth of a core
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _meta(name),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": 3,
            "maxReplicas": 12,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }


def _probe(what: str, **times: int) -> Json:
    words = ["python", "-m", "config.up.probe", f"/health/{what}"]
    return {"exec": {"command": words}, "timeoutSeconds": 6, **times}


def _network(carved: Context) -> list[Json]:
    bank = {"podSelector": {"matchLabels": {_WHOLE: _BANK}}, "namespaceSelector": {}}
    called = [{"protocol": "TCP", "port": port} for port in _CALLED]
    called.append({"protocol": "TCP", "port": 3001, "endPort": 3010})
    names = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    kinds = ["web", *(kind for kind in COMMANDS if kind != "web"), "migrate"]
    mine = [_name(carved, kind) for kind in kinds]
    everyone = {"matchExpressions": [{"key": _ME, "operator": "In", "values": mine}]}
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": _meta(f"{carved.service}-calls"),
            "spec": {
                "podSelector": everyone,
                "policyTypes": ["Ingress", "Egress"],
                "egress": [{"ports": names}, {"ports": called}],
            },
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": _meta(f"{carved.service}-is-called"),
            "spec": {
                "podSelector": {"matchLabels": {_ME: carved.service}},
                "policyTypes": ["Ingress"],
                "ingress": [{"from": [bank], "ports": [{"protocol": "TCP", "port": carved.port}]}],
            },
        },
    ]
