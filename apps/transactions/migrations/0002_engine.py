"""Make the one function that posts, and let nothing else write what it writes; see ../sql."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"

# Drafts of the engine had this name and other arguments; PostgreSQL would keep both.
DRAFT = """
do $$ declare f regprocedure; begin
  for f in select oid from pg_proc where proname = 'transactions_post' loop
    execute 'drop function ' || f;
  end loop;
end $$;
"""

BACKWARD = """
drop trigger transactions_posting_by_engine on transactions_posting;
drop trigger transactions_entry_by_engine on transactions_entry;
drop trigger transactions_reversal_by_engine on transactions_reversal;
drop trigger transactions_account_by_engine on transactions_account;
alter table transactions_account drop constraint transactions_account_range;
drop function transactions_post, transactions_tell, transactions_decide,
  transactions_refuse_others;
"""


class Migration(migrations.Migration):
    # The engine writes its events beside the entries, straight into the outbox.
    dependencies = [("transactions", "0001_initial"), ("outbox", "0001_initial")]

    operations = [
        migrations.RunSQL(
            [
                DRAFT,
                (SQL / "0002_engine.sql").read_text(),
                (SQL / "0002_engine_only.sql").read_text(),
            ],
            BACKWARD,
        ),
    ]
