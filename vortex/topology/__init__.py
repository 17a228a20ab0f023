"""Where each context runs: routes for calls, switches for operations, ownership of data."""

from vortex.topology.routes import Route, killed, route_of

__all__ = ["Route", "killed", "route_of"]
