"""What the socket counts."""

from prometheus_client import Gauge

from vortex.telemetry.metrics import counter

# Counted up and down, so several workers have to be added up; the last value of one says nothing.
sockets = Gauge("vortex_realtime_sockets", "Open sockets", multiprocess_mode="livesum")
sent = counter("vortex_realtime_sent_total", "Events sent to sockets")
resyncs = counter("vortex_realtime_resyncs_total", "Sockets told that events are lost to them")
looked = counter("vortex_realtime_looks_total", "Looks at a stream that no poke asked for")
refused = counter("vortex_realtime_refused_total", "Connections refused", ("reason",))
closed = counter("vortex_realtime_closed_total", "Sockets closed from here", ("code",))
