-- Entries by the month in which they are booked. What stood before is the first partition, as it is;
-- the last one takes whatever no month was made for, and stays empty where the clock runs. There is
-- no default partition: with one PostgreSQL cannot read months in their order and stop early.
--
-- A key over partitions contains what they are cut by, so that a version stands once is no longer
-- said by the key: the engine counts versions under the account's lock, nothing else may insert,
-- and `ledger verify` proves it.

drop trigger transactions_entry_stands on transactions_entry;
drop trigger transactions_entry_kept on transactions_entry;
drop trigger transactions_entry_balanced on transactions_entry;
drop trigger transactions_entry_by_engine on transactions_entry;
alter table transactions_entry rename to transactions_entry_before;
alter table transactions_entry_before drop constraint transactions_entry_pkey;
alter table transactions_entry_before
  add constraint transactions_entry_before_pkey primary key (account_id, version, booked_at);
alter index transactions_entry_posting rename to transactions_entry_before_posting;
alter index transactions_entry_listed rename to transactions_entry_before_listed;

create table transactions_entry (
  like transactions_entry_before including defaults including constraints,
  constraint transactions_entry_pkey primary key (account_id, version, booked_at)
) partition by range (booked_at);
create index transactions_entry_posting on transactions_entry (posting_id);
create index transactions_entry_listed on transactions_entry (account_id, booked_at, posting_id);
create trigger transactions_entry_stands before update or delete on transactions_entry
  for each row execute function transactions_refuse_change();
create trigger transactions_entry_kept before truncate on transactions_entry
  for each statement execute function transactions_refuse_change();
create trigger transactions_entry_balanced after insert on transactions_entry
  referencing new table as added
  for each statement execute function transactions_check_balanced();
create trigger transactions_entry_by_engine before insert on transactions_entry
  for each statement execute function transactions_refuse_others();

-- Triggers on statements watch over the table that a statement names, so each partition has its own.
create function transactions_watch(p_table regclass) returns void language plpgsql as $$
begin
  execute format('create trigger transactions_entry_kept before truncate on %s
    for each statement execute function transactions_refuse_change()', p_table);
  execute format('create trigger transactions_entry_balanced after insert on %s
    referencing new table as added
    for each statement execute function transactions_check_balanced()', p_table);
  execute format('create trigger transactions_entry_by_engine before insert on %s
    for each statement execute function transactions_refuse_others()', p_table);
end $$;

-- Makes the month after the last one that there is, and says its name: the partition behind all
-- months is taken off, and put on again behind it. Both are empty, so nothing is read; while it is
-- done no posting is made. Answers null where a row stands behind the months: then they stay as
-- they are, and those rows are where they are found.
create function transactions_next_month() returns text language plpgsql as $$
declare
  v_from timestamptz := transactions_months_end();
  v_to timestamptz := ((v_from at time zone 'UTC') + interval '1 month') at time zone 'UTC';
  v_name text := 'transactions_entry_' || to_char(v_from at time zone 'UTC', 'YYYY_MM');
begin
  lock table transactions_entry in access exclusive mode;
  if transactions_months_end() <> v_from then return null; end if;
  if exists (select from transactions_entry_later) then return null; end if;
  execute 'alter table transactions_entry detach partition transactions_entry_later';
  execute format('create table %I (like transactions_entry including defaults including constraints)',
                 v_name);
  execute format('alter table transactions_entry attach partition %I for values from (%L) to (%L)',
                 v_name, v_from, v_to);
  perform transactions_watch(v_name::regclass);
  execute format('alter table transactions_entry attach partition transactions_entry_later
    for values from (%L) to (maxvalue)', v_to);
  return v_name;
end $$;

-- Says where the months end: at the lower bound of the partition behind them.
create function transactions_months_end() returns timestamptz language sql stable as $$
  select (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\)'))[1]::timestamptz
    from pg_class c where c.oid = to_regclass('transactions_entry_later')
$$;

do $$
declare
  v_next timestamptz := (date_trunc('month', now() at time zone 'UTC') + interval '1 month')
    at time zone 'UTC';
begin
  execute format('alter table transactions_entry attach partition transactions_entry_before
    for values from (minvalue) to (%L)', v_next);
  create table transactions_entry_later
    (like transactions_entry including defaults including constraints);
  execute format('alter table transactions_entry attach partition transactions_entry_later
    for values from (%L) to (maxvalue)', v_next);
  perform transactions_watch('transactions_entry_before');
  perform transactions_watch('transactions_entry_later');
  for k in 1 .. 3 loop perform transactions_next_month(); end loop;
end $$;
