"""Where the contexts run, for staff: the topology file as it is in force in this process."""

from django.conf import settings

from vortex.staff import Line, Panel, panel
from vortex.topology.routes import Route, current_topology


@panel(4, "Topology")
def topology_panel() -> Panel:
    """Say of every context of the bank where its calls go now, and what is switched off."""
    topology = current_topology()
    routes = (
        _line(known.name, topology.contexts.get(known.name)) for known in settings.VORTEX_CONTEXTS
    )
    killed = (Line((name, "switched off", "", ""), "bad") for name in topology.killed)
    return Panel(
        title="Topology",
        columns=("context", "calls go", "to", "share"),
        lines=(*routes, *killed),
    )


def _line(context: str, route: Route | None) -> Line:
    if route is not None and route.mode != "local":
        share = f"{route.percent} %" if route.mode == "split" else ""
        return Line((context, route.mode, route.url, share))
    here = context in settings.VORTEX_HOSTED
    return Line((context, "local" if here else "nowhere", "", ""), "good" if here else "bad")
