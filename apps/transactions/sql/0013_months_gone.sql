-- All entries in one table again; every row is written anew.
select set_config('transactions.engine', 'on', true);
alter table transactions_entry rename to transactions_entry_months;
alter table transactions_entry_months rename constraint transactions_entry_pkey
  to transactions_entry_months_pkey;
alter index transactions_entry_posting rename to transactions_entry_months_posting;
alter index transactions_entry_listed rename to transactions_entry_months_listed;
create table transactions_entry (
  like transactions_entry_months including defaults including constraints,
  constraint transactions_entry_pkey primary key (account_id, version)
);
insert into transactions_entry select * from transactions_entry_months;
drop table transactions_entry_months;
drop function transactions_next_month, transactions_months_end, transactions_watch;
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
select set_config('transactions.engine', '', true);
