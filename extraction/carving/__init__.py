"""Carving: a standalone project of one context, copied file by file and never transformed.

The kernel, the context and the others' contracts keep their paths, so that no import, no migration
and no stack trace changes. What a deployable needs besides is generated here, the same bytes each
time: container, Compose, Kubernetes, Istio, Kong, Prometheus, Grafana, a workflow and a README.
"""

from extraction.carving.project import CannotCarve, Project, carve, project

__all__ = ["CannotCarve", "Project", "carve", "project"]
