"""The owner row and the function that every unit of work enters through."""

from django.db import migrations, models

# The lock comes first and the row is read by a second statement with a snapshot of its own: inside
# one statement the snapshot would be older than the wait for the lock, and the owner read stale.
ENTER = """
create function topology_enter(p_context text) returns bigint
language plpgsql volatile as $$
declare
  v_owner text;
  v_epoch bigint;
begin
  perform pg_advisory_xact_lock_shared(1448037464, hashtext(p_context));
  select owner, epoch into v_owner, v_epoch from topology_owner where context = p_context;
  if not found then
    return 0;
  end if;
  if v_owner <> 'here' then
    raise exception 'context % is owned by %', p_context, v_owner using errcode = 'VX001';
  end if;
  return v_epoch;
end $$;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Owner",
            fields=[
                ("context", models.TextField(primary_key=True, serialize=False)),
                ("owner", models.TextField()),
                ("epoch", models.BigIntegerField(default=0)),
                ("changed_at", models.DateTimeField()),
            ],
            options={"db_table": "topology_owner"},
        ),
        migrations.RunSQL(ENTER, "drop function topology_enter(text)"),
    ]
