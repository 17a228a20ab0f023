"""Make the table of remembered answers and the function that claims a key for one request."""

from django.db import migrations, models

# Volatile, so that the row is read with a snapshot taken after the lock was obtained: a request that
# comes while the first one commits sees either the lock or the answer, and never neither.
FORWARD = """
create table idempotency_key (
  caller text not null,
  key text not null,
  request_hash bytea not null,
  status smallint not null,
  headers jsonb not null default '{}',
  body bytea not null,
  created_at timestamptz not null default now(),
  constraint idempotency_key_pkey primary key (caller, key)
);
create index idempotency_key_created_at on idempotency_key using brin (created_at);

create function idempotency_lock(p_caller text, p_key text) returns bigint
language sql immutable parallel safe as
$$ select hashtextextended(length(p_caller)::text || ':' || p_caller || p_key, 7161) $$;

create function idempotency_claim(
  p_caller text, p_key text,
  out claimed boolean, out request_hash bytea, out status smallint, out headers jsonb, out body bytea
) language plpgsql volatile as $$
begin
  claimed := pg_try_advisory_lock(idempotency_lock(p_caller, p_key));
  select k.request_hash, k.status, k.headers, k.body
    into request_hash, status, headers, body
    from idempotency_key k where k.caller = p_caller and k.key = p_key;
end $$;
"""
BACKWARD = """
drop function idempotency_claim(text, text);
drop function idempotency_lock(text, text);
drop table idempotency_key;
"""

STATE = [
    migrations.CreateModel(
        name="Remembered",
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "caller", "key", blank=True, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("caller", models.TextField()),
            ("key", models.TextField()),
            ("request_hash", models.BinaryField()),
            ("status", models.SmallIntegerField()),
            ("headers", models.JSONField(default=dict)),
            ("body", models.BinaryField()),
            ("created_at", models.DateTimeField()),
        ],
        options={"db_table": "idempotency_key"},
    ),
]


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [migrations.RunSQL(FORWARD, BACKWARD, state_operations=STATE)]
