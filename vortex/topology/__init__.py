"""Where each context runs: routes for calls, switches for operations, ownership of data."""

from vortex.topology.routes import (
    OperationKilled,
    Route,
    forget,
    killed,
    refuse_killed,
    route_of,
)

__all__ = ["OperationKilled", "Route", "forget", "killed", "refuse_killed", "route_of"]
