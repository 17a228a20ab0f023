"""What holds of every row of accounts, as statements that list breaches; a move asks them."""

from typing import Final

from vortex.contexts import Law

LAWS: Final = (
    Law(
        "each statement is of an account that exists, in its currency",
        "select s.id::text, s.account_id::text from accounts_statement s left join"
        " accounts_account a on a.id = s.account_id and a.currency = s.currency where a.id is null",
    ),
    Law(
        "a statement begins with what the one before it ended with",
        "select id::text, opening_minor || ' after ' || before from ("
        " select id, opening_minor, number, lag(closing_minor) over w as before,"
        " lag(number) over w as last from accounts_statement"
        " window w as (partition by account_id order by number)) s"
        " where number = last + 1 and opening_minor <> before",
    ),
    Law(
        "an account's version counts from one",
        "select id::text, version::text from accounts_account where version < 1",
    ),
)
