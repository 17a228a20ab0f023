-- payments_payment is asked through its contract
create view accounts_paid as
select 1;
