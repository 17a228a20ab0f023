-- Balances, postings and entries are written by transactions_post and by nothing else: it says so in a
-- setting that is off again when it returns, and when it fails. One check per statement, none per row.

create function transactions_refuse_others() returns trigger language plpgsql as $$
begin
  if current_setting('transactions.engine', true) is distinct from 'on' then
    raise exception '% on % is refused: only transactions_post moves money', tg_op, tg_table_name
      using errcode = 'VX004';
  end if;
  return null;
end $$;

create trigger transactions_posting_by_engine before insert on transactions_posting
  for each statement execute function transactions_refuse_others();
create trigger transactions_entry_by_engine before insert on transactions_entry
  for each statement execute function transactions_refuse_others();
create trigger transactions_reversal_by_engine before insert on transactions_reversal
  for each statement execute function transactions_refuse_others();
create trigger transactions_account_by_engine
  before update of booked_minor, version on transactions_account
  for each statement execute function transactions_refuse_others();

-- Room for any posting beyond it before bigint ends.
alter table transactions_account add constraint transactions_account_range
  check (booked_minor between -4000000000000000000 and 4000000000000000000);
