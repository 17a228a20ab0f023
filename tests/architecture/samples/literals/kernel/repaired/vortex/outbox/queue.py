"""The queue."""

SQL = "delete from outbox_message"
