"""`manage.py issue_statements`: issue what is due now, without waiting for the clockwork."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.accounts.services import statements
from vortex.clock import now


class Command(BaseCommand):
    """Issue the statements of every month that is over. Running it again issues nothing twice."""

    help = "Issue the account statements of every month that is over, and none twice."

    def handle(self, **options: Any) -> None:
        """Issue them and say how many."""
        del options
        issued = statements.issue_due_statements(now=now())
        self.stdout.write(f"{issued:,} statements issued")
