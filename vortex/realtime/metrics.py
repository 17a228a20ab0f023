"""What the socket counts."""

from vortex.telemetry.metrics import counter, gauge

sockets = gauge("vortex_realtime_sockets", "Open sockets")
sent = counter("vortex_realtime_sent_total", "Events sent to sockets")
resyncs = counter("vortex_realtime_resyncs_total", "Sockets told that events are lost to them")
looked = counter("vortex_realtime_looks_total", "Looks at a stream that no poke asked for")
refused = counter("vortex_realtime_refused_total", "Connections refused", ("reason",))
closed = counter("vortex_realtime_closed_total", "Sockets closed from here", ("code",))
