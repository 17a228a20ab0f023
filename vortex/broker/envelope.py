"""CloudEvents 1.0 in JSON: what is written on every topic, and how it is read back.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md. The extension
attributes partitionkey, sequence, traceparent, authtype and authid are those of the specification;
`singlekey`, `causationid`, `requestid`, `replayid` and `replayfor` are ours.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

CONTENT_TYPE: Final = "application/cloudevents+json"
_SOURCE: Final = "/vortexcore/"

_encode = msgspec.json.Encoder().encode


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A received event. `data` is the JSON text of the event; attributes not named are ignored."""

    id: str
    source: str
    type: str
    subject: str = ""
    dataschema: str = ""
    time: datetime | None = None
    partitionkey: str = ""
    sequence: str = "0"
    singlekey: bool = False
    traceparent: str = ""
    causationid: str = ""
    requestid: str = ""
    authtype: str = ""
    authid: str = ""
    replayid: str = ""
    replayfor: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def number(self) -> int:
        """The place of the event among those of its key, from 1; 0 where nobody counts."""
        return int(self.sequence)


_decoder = msgspec.json.Decoder(Envelope)


def encode(
    *,
    context: str,
    event_id: str,
    type_: str,
    version: int,
    key: str,
    number: int,
    single: bool,
    created_at: str,
    data: str,
    extensions: Mapping[str, Any],
) -> bytes:
    """Return the envelope of an event. `data` is JSON text, `created_at` ISO 8601 in UTC."""
    return _encode(
        {
            **extensions,
            "specversion": "1.0",
            "id": event_id,
            "source": _SOURCE + context,
            "type": type_,
            "subject": key,
            "time": created_at,
            "datacontenttype": "application/json",
            "dataschema": f"urn:vortexcore:event:{type_}:{version}",
            "partitionkey": key,
            "sequence": str(number),
            **({"singlekey": True} if single else {}),
            "data": msgspec.Raw(data.encode()),
        }
    )


def decode(value: bytes) -> Envelope:
    """Read an envelope; raise msgspec.MsgspecError where it is none."""
    return _decoder.decode(value)
