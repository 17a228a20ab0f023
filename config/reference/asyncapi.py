"""The AsyncAPI 3.0 document: topics, the events on them, who sends and who receives."""

import inspect
from typing import Any

import msgspec

from config.contexts import CONTEXTS, TOPICS
from config.reference.calls import hears
from config.reference.published import events_of
from vortex.broker.envelope import CONTENT_TYPE
from vortex.contracts import Event

_ENVELOPE = {
    "specversion": {"const": "1.0"},
    "id": {"type": "string", "format": "uuid"},
    "subject": {"type": "string", "description": "The ordering key."},
    "time": {"type": "string", "format": "date-time"},
    "datacontenttype": {"const": "application/json"},
    "partitionkey": {"type": "string"},
    "sequence": {"type": "string", "pattern": "^[0-9]+$", "description": "Counts per key, from 1."},
    "traceparent": {"type": "string"},
}


def document() -> dict[str, Any]:
    """Return the document; every reference in it resolves inside it."""
    said = {context.name: events_of(context.name) for context in CONTEXTS}
    events = [event for known in said.values() for event in known]
    _, schemas = msgspec.json.schema_components(events, ref_template="#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "VortexCore events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 in JSON, at least once, in order per partitionkey.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic: _channel(topic, events) for topic in TOPICS},
        "operations": {
            name: operation
            for context in CONTEXTS
            for name, operation in _operations(context.name, said[context.name], events)
        },
        "components": {
            "messages": {
                event.event_type: _message(context, event)
                for context, known in said.items()
                for event in known
            },
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _channel(topic: str, events: list[type[Event]]) -> dict[str, Any]:
    return {
        "address": topic,
        "messages": {
            event.event_type: {"$ref": f"#/components/messages/{event.event_type}"}
            for event in events
            if event.topic == topic
        },
    }


def _operations(
    context: str, said: tuple[type[Event], ...], events: list[type[Event]]
) -> list[tuple[str, dict[str, Any]]]:
    heard = [event for event in events if context in hears().get(event.event_type, ())]
    found = []
    for action, known in (("send", said), ("receive", heard)):
        for topic in sorted({event.topic for event in known}):
            operation = {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic}"},
                "tags": [{"name": context}],
                "messages": [
                    {"$ref": f"#/channels/{topic}/messages/{event.event_type}"}
                    for event in known
                    if event.topic == topic
                ],
            }
            found.append((f"{context}.{action}.{topic}", operation))
    return found


def _message(context: str, event: type[Event]) -> dict[str, Any]:
    properties = {
        **_ENVELOPE,
        "source": {"const": f"/vortexcore/{context}"},
        "type": {"const": event.event_type},
        "data": {"$ref": f"#/components/schemas/{event.__name__}"},
    }
    return {
        "name": event.event_type,
        "title": event.event_type,
        "summary": (inspect.getdoc(event) or "").partition("\n")[0],
        "contentType": CONTENT_TYPE,
        "payload": {
            "type": "object",
            "properties": properties,
            "required": ["specversion", "id", "source", "type", "data"],
        },
    }
