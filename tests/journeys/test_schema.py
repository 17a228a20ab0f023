"""The whole API against its own OpenAPI document: nothing that it says of itself is untrue.

Schemathesis draws requests from the document, sound ones and broken ones, and judges each answer by
it: status codes, content types, bodies, and that a request without a token is refused.
"""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.bank import Bank

pytestmark = [pytest.mark.xdist_group("bank"), pytest.mark.timeout(900)]

# A sound request may still be refused by a rule of the business, and accounts that were closed by
# one request are rightly still there for the next.
NOT_ASKED = "positive_data_acceptance,use_after_free,ensure_resource_availability"
# Whoever ends their own session in the middle proves nothing about the rest.
ENDS_THE_SESSION = r"/auth/(logout|sessions|password|user$|user/)"
EXAMPLES = os.environ.get("VORTEX_SCHEMA_EXAMPLES", "5")
# 428 is what RFC 6585 has for a request that lacks If-Match; 412 is what RFC 9110 has for one whose
# precondition fails: it is refused before anybody reads its body.
CONFIGURATION = """
[auth.openapi.bearerJWT]
bearer = "{token}"

[checks.missing_required_header]
expected-statuses = [400, 401, 403, 406, 415, 422, 428]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 415, 422, 428, 429, "5xx"]
"""


def test_the_api_keeps_what_its_document_promises(
    bank: Bank, newcomer: httpx.Client, tmp_path: Path
) -> None:
    token = newcomer.headers["Authorization"].removeprefix("Bearer ")
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION.format(token=token))

    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", str(tmp_path / "schemathesis.toml")),
            *("run", f"{bank.url}/api/schema", "--no-color"),
            *("--exclude-checks", NOT_ASKED),
            *("--exclude-path-regex", ENDS_THE_SESSION),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES),
            *("--request-timeout", "20", "--suppress-health-check", "all"),
            "--generation-deterministic",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=840,
        check=False,
    )

    # Warnings about what was not reached follow the failures and are many times as long.
    failures = done.stdout.partition(" FAILURES ")[2].partition(" WARNINGS ")[0]
    assert done.returncode == 0, failures[:12_000] or done.stdout[-4_000:] + done.stderr[-2_000:]
