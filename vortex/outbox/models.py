"""The outbox tables: what waits, sequences of keys, leases of partitions, the parked, the archive.

`payload` is jsonb and not bytes: SQL functions build it without a driver, the operator who inspects
a parked message can query it, and the relay copies its text into the envelope without decoding it.

Code in SQL publishes by inserting into outbox_message itself. The shape, with every default:

    insert into outbox_message (topic, key, type, payload, single, headers)
    select 'transaction.events', p.id::text, 'transaction.posted', jsonb_build_object(...), true, h
      from ...

- `id` and `partition` are PostgreSQL's: an identity, and crc32 of the key modulo 64.
- `event_id` defaults to uuidv7(); give your own UUIDv7 where the event has one.
- `single` says that this key has one event for ever (a posting's own id): then `key_seq` stays 1,
  no sequence row is kept for the key and nobody looks for gaps in it.
- Every other key takes its `key_seq` from outbox_key under that row's lock, as `publish` does.
- `version` defaults to 1, `epoch` to 0: pass what topology_enter() returned.
- `headers` holds CloudEvents extension attributes: traceparent, requestid, causationid, authtype,
  authid; names are lower-case letters, values are strings.

After the commit call `vortex.outbox.poke(context)`; without it the relay finds the rows by itself
within two seconds.
"""

from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Cast

PARTITIONS = 64


def _partition() -> Cast:
    """The expression of 0001_initial: crc32 of the key's UTF-8 bytes, modulo 64."""
    doubled = Func(F("key"), Value("\\"), Value("\\\\"), function="replace")
    octets = Func(doubled, Value("escape"), function="decode")
    return Cast(Func(octets, function="crc32") % PARTITIONS, models.SmallIntegerField())


class Carried(models.Model):
    """The columns that a message keeps on its way through message, parked and archive."""

    event_id = models.UUIDField()
    topic = models.TextField()
    key = models.TextField()
    key_seq = models.BigIntegerField(default=1)
    single = models.BooleanField(default=False)
    type = models.TextField()
    version = models.SmallIntegerField(default=1)
    epoch = models.BigIntegerField(default=0)
    payload = models.JSONField()
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        abstract = True


class Message(Carried):
    """A published event that no relay has delivered yet. Its order is `id` within `partition`."""

    id = models.BigAutoField(primary_key=True)
    partition = models.GeneratedField(
        expression=_partition(), output_field=models.SmallIntegerField(), db_persist=True
    )

    class Meta:
        db_table = "outbox_message"


class Key(models.Model):
    """The last sequence number given to a key of a topic; its row lock is the key's order."""

    pk = models.CompositePrimaryKey("topic", "key")
    topic = models.TextField()
    key = models.TextField()
    last_seq = models.BigIntegerField()

    class Meta:
        db_table = "outbox_key"


class Lease(models.Model):
    """Which relay may deliver a partition, until when. `token` grows with every change of owner."""

    partition = models.SmallIntegerField(primary_key=True)
    owner = models.TextField(default="")
    token = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "outbox_lease"


class Relay(models.Model):
    """A running relay as it last reported itself; partitions are shared out among the living."""

    owner = models.TextField(primary_key=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    partitions = models.SmallIntegerField(default=0)
    published = models.BigIntegerField(default=0)

    class Meta:
        db_table = "outbox_relay"


class Parked(Carried):
    """A message that the broker refused, or that waits behind one of the same key.

    A key is parked while it has rows here. The reason stands on the first one only.
    """

    id = models.BigIntegerField(primary_key=True)
    parked_at = models.DateTimeField()
    reason = models.TextField(default="")

    class Meta:
        db_table = "outbox_parked"
        verbose_name = "parked message"


class Archived(Carried):
    """A delivered message, in daily partitions by `archived_at`: the source of every replay."""

    id = models.BigIntegerField(primary_key=True)
    archived_at = models.DateTimeField()

    class Meta:
        db_table = "outbox_archive"
