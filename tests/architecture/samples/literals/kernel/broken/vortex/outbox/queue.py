"""The queue."""

SQL = "delete from payments_payment"
