"""`python -m vortex.testing.serve`: Django behind a plain threaded server, on a port of its own.

Prints its address when it listens, and ends when its standard input closes: a test run that is
killed leaves no server behind.
"""

import os
import sys
import threading


def main() -> None:
    """Serve until the parent process goes away."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    # The topology that a test puts in force is the caller's; here everything is local.
    os.environ["VORTEX_TOPOLOGY_FILE"] = os.devnull + "/none"
    from django.core.servers.basehttp import (
        ThreadedWSGIServer,
        WSGIRequestHandler,
        get_internal_wsgi_application,
    )

    # The server writes headers and body apart; Nagle would hold the body back for 40 ms.
    WSGIRequestHandler.disable_nagle_algorithm = True
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(get_internal_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
