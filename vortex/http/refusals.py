"""What HTTP itself refuses before any context is asked; each code has a page at /problems/."""

from vortex.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    TooMany,
    Unauthenticated,
    Unavailable,
)


class RouteNotFound(NotFound, code="not_found", title="Not found"):
    """There is nothing at this address, or not for this caller."""


class MethodNotAllowed(Invalid, code="method_not_allowed", title="Method not allowed"):
    """The address does not answer this method; the header `Allow` lists those that it does."""


class NotAcceptable(Invalid, code="not_acceptable", title="Not acceptable"):
    """None of the media types in the header `Accept` can be produced here."""


class UnsupportedMediaType(Invalid, code="unsupported_media_type", title="Unsupported media type"):
    """The body is of a media type that is not read here. Send UTF-8 JSON as `application/json`."""


class ParseError(Invalid, code="parse_error", title="Body not readable"):
    """The body is not well-formed JSON.

    It has a syntax error, a key twice, NaN or Infinity, a NUL character, half a surrogate pair, too
    many levels or a number beyond 64 bits.
    """


class BodyTooLarge(Invalid, code="body_too_large", title="Body too large"):
    """The body is larger than this server reads; `limit_bytes` says how much it does."""


class ValidationFailed(Invalid, code="validation_failed", title="Some fields are not valid"):
    """The body was read and some of it is not acceptable.

    `errors` lists each place by a JSON pointer (RFC 6901), with a code that stays and a sentence
    that may change.
    """


class BadRequest(Invalid, code="bad_request", title="Request not understood"):
    """The request breaks a rule of HTTP or of this server before any address is looked up."""


class NotAuthenticated(Unauthenticated, code="not_authenticated", title="Sign in first"):
    """No access token came with the request. Send `Authorization: Bearer <access token>`."""


class PermissionDenied(Forbidden, code="permission_denied", title="Not allowed"):
    """The caller is known and lacks the role or scope that this needs."""


class Throttled(TooMany, code="throttled", title="Too many requests"):
    """The caller, or their address, has used up a limit; `Retry-After` says when to come back."""


class InvalidCursor(Refused, code="invalid_cursor", title="Cursor not valid"):
    """The cursor was not made by this list. Start again without one."""


class InvalidLimit(Refused, code="invalid_limit", title="Limit not valid"):
    """`limit` is a whole number from 1 to `max`."""


class IdempotencyKeyRequired(
    Invalid, code="idempotency_key_required", title="Idempotency key required"
):
    """What moves money needs the header `Idempotency-Key`.

    It has 1 to 255 visible ASCII characters, fresh for every intention and the same for every retry
    of it.
    """


class PreconditionRequired(
    Invalid, code="precondition_required", title="Say which version you are changing"
):
    """A change to this object needs the header `If-Match` with the `ETag` that was read."""


class PreconditionFailed(Conflict, code="precondition_failed", title="Changed in the meantime"):
    """The object is no longer the one that was read. Read it again, then decide again."""


class DeadlineSpent(Unavailable, code="deadline_spent", title="Too late"):
    """The time granted by `X-Deadline-Ms` was over before anything was done."""


class StorageUnavailable(Unavailable, code="storage_unavailable", title="Unavailable"):
    """A database did not answer in time, and whether the change was made is not known.

    Read, or send the same request again with the same Idempotency-Key.
    """


class InternalError(Unavailable, code="internal_error", title="This is our mistake"):
    """Something broke here that should not have. It is recorded under `trace_id`."""
