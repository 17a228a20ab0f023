"""`python -m apps.accounts.adapters.banks.sandbox`: open the sandbox bank.

The secret of its one client comes from SANDBOX_CLIENT_SECRET.
"""

import argparse
import os

from apps.accounts.adapters.banks.sandbox.server import Sandbox


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--client-id", default="vortexcore")
    parser.add_argument("--redirect-uri", required=True, help="where customers are sent back to")
    told = parser.parse_args()
    server = Sandbox(
        (told.host, told.port),
        (told.client_id, os.environ["SANDBOX_CLIENT_SECRET"]),
        told.redirect_uri,
    )
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
