"""The gateway: what decides for each HTTP request whether the monolith or a service answers it.

    plan = Plan(monolith=("http://127.0.0.1:8001",), routes={
        "transactions": Route(("http://127.0.0.1:3003",), percent=10, mirror=100)})
    files = Files(home / "gateway")
    files.write(plan)                          # before Envoy starts
    envoy = Envoy(home, lambda port: bootstrap(files, "127.0.0.1", 8000, port))
    apply(files, plan.with_route("transactions", percent=50), admin_port=envoy.admin_port)

`bootstrap`, `listening.routes` and `clusters.clusters` are pure: the same plan gives the same text.
`apply` returns when the new routes are in force in the running Envoy, and raises NotInForce where
Envoy refuses them or does not take them in time; then the old ones stand.
"""

from extraction.gateway.control import Files, NotInForce, apply
from extraction.gateway.listening import bootstrap
from extraction.gateway.plan import Plan, Route

__all__ = ["Files", "NotInForce", "Plan", "Route", "apply", "bootstrap"]
