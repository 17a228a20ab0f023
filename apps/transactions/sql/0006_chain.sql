-- The chain has one head, which is there before the first link, so that there is always a row to lock.

insert into transactions_chain_head (id, seq, hash) values (1, 0, ''::bytea);

create trigger transactions_chain_link_stands before update or delete on transactions_chain_link
  for each row execute function transactions_refuse_change();
create trigger transactions_chain_link_kept before truncate on transactions_chain_link
  for each statement execute function transactions_refuse_change();
