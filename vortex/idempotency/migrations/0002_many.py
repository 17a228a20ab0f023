"""Make the function that claims many keys for the transaction that is open."""

from django.db import migrations

# Two statements: the second has a snapshot taken after the locks were obtained, so a key whose first
# request commits meanwhile shows either its lock or its answer, and never neither. The plan is pinned
# to the primary key: it is made while the table is small and kept while it grows.
FORWARD = """
create function idempotency_claim_many(
  p_callers text[], p_keys text[],
  out claimed boolean[], out places int[], out hashes bytea[], out statuses smallint[],
  out headers text[], out bodies bytea[]
) language plpgsql volatile
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
begin
  select array_agg(pg_try_advisory_xact_lock(idempotency_lock(c.caller, c.key)) order by c.place)
    into claimed
    from unnest(p_callers, p_keys) with ordinality c (caller, key, place);
  select array_agg(c.place), array_agg(k.request_hash), array_agg(k.status),
         array_agg(k.headers::text), array_agg(k.body)
    into places, hashes, statuses, headers, bodies
    from unnest(p_callers, p_keys) with ordinality c (caller, key, place)
    join idempotency_key k on k.caller = c.caller and k.key = c.key;
end $$;
"""
BACKWARD = "drop function idempotency_claim_many(text[], text[])"


class Migration(migrations.Migration):
    dependencies = [("idempotency", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
