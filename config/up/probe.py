"""Asks the web server of this machine whether it is well; a container's health check runs it.

It asks as a proxy would, for the host that the settings allow, so that neither the redirect to
HTTPS nor the check of the host name stands between. Standard library only: it runs often.
"""

import http.client
import os
import sys


def main(path: str) -> int:
    """Return 0 where the path answers 200 within five seconds, else 1."""
    host = os.environ.get("VORTEX_ALLOWED_HOSTS", "localhost").split(",")[0].lstrip("*.")
    port = int(os.environ.get("PORT", "8000"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        headers = {"Host": host or "localhost", "X-Forwarded-Proto": "https"}
        connection.request("GET", path, headers=headers)
        return 0 if connection.getresponse().status == http.HTTPStatus.OK else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "/health/live"))
