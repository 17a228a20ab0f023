create view accounts_paid as
select payer_id from payments_payment;
