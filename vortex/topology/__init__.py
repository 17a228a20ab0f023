"""Where each context runs: routes for calls, switches for operations, ownership of data."""

from vortex.topology.routes import OperationKilled, Route, killed, refuse_killed, route_of

__all__ = ["OperationKilled", "Route", "killed", "refuse_killed", "route_of"]
