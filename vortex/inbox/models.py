"""The inbox tables: what was handled, how far each key has come, gaps, and what is parked."""

from django.db import models


class Seen(models.Model):
    """A handler has handled an event: written in the transaction of what the handler did.

    Partitioned by days of the UUIDv7 `event_id`; ids from outside the known days live in a default
    partition. Dropping a day is how rows are forgotten, later than the archive can replay them.
    """

    pk = models.CompositePrimaryKey("consumer", "event_id")
    consumer = models.TextField()
    event_id = models.UUIDField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "inbox_seen"


class Sequence(models.Model):
    """The highest sequence number of a key that this context has received from a source."""

    pk = models.CompositePrimaryKey("source", "topic", "key")
    source = models.TextField()
    topic = models.TextField()
    key = models.TextField()
    last_seq = models.BigIntegerField()

    class Meta:
        db_table = "inbox_sequence"


class Gap(models.Model):
    """Sequence numbers that never came, from `expected` up to the one before `received`."""

    id = models.BigAutoField(primary_key=True)
    source = models.TextField()
    topic = models.TextField()
    key = models.TextField()
    expected = models.BigIntegerField()
    received = models.BigIntegerField()
    found_at = models.DateTimeField()

    class Meta:
        db_table = "inbox_gap"


class Parked(models.Model):
    """A message that a handler failed on for good, or that waits behind one of the same key.

    A key is parked while it has rows here. The reason stands on the first one only.
    """

    id = models.BigAutoField(primary_key=True)
    topic = models.TextField()
    key = models.TextField()
    event_id = models.TextField()
    type = models.TextField()
    consumer = models.TextField(default="")
    envelope = models.BinaryField()
    parked_at = models.DateTimeField()
    attempts = models.IntegerField(default=1)
    reason = models.TextField(default="")

    class Meta:
        db_table = "inbox_parked"
        verbose_name = "parked message"


class Attempt(models.Model):
    """How often a message that came again was begun: one that kills its process shows here."""

    event_id = models.TextField(primary_key=True)
    attempts = models.IntegerField()
    started_at = models.DateTimeField()

    class Meta:
        db_table = "inbox_attempt"
