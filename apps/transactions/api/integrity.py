"""Whether the ledger is whole, for the bank's staff."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.transactions import selectors
from apps.transactions.services.verifying import LAWS, breaches_of, totals
from vortex.http.fields import TextField
from vortex.identity.permissions import RequiresRole
from vortex.money import Money


class TotalSerializer(serializers.Serializer[Any]):
    """The trial balance of a currency: debits and credits sum to zero."""

    currency = TextField()
    debits = TextField()
    credits = TextField()
    entries = serializers.IntegerField()
    balanced = serializers.BooleanField()


class LawSerializer(serializers.Serializer[Any]):
    """A law of the ledger, and at most twenty breaches of it."""

    name = TextField()
    holds = serializers.BooleanField()
    breaches = serializers.ListField(child=TextField())


class ChainSerializer(serializers.Serializer[Any]):
    """The end of the chain; keep its hash where the bank's administrators cannot change it."""

    length = serializers.IntegerField()
    head = TextField(help_text="SHA-256, hexadecimal; empty before the first posting.")
    waiting = serializers.IntegerField(help_text="Postings that are not in it yet.")


class IntegritySerializer(serializers.Serializer[Any]):
    """Whether the ledger is whole."""

    whole = serializers.BooleanField()
    totals = TotalSerializer(many=True)
    laws = LawSerializer(many=True)
    chain = ChainSerializer()


class IntegrityView(APIView):
    """The state of the ledger."""

    permission_classes = [RequiresRole("administrator", "compliance_officer", "analyst")]

    @extend_schema(responses=IntegritySerializer)
    def get(self, request: Request) -> Response:
        """Ask every law of every row, and say the trial balance and the head of the chain.

        It reads the whole ledger. `manage.py ledger chain verify` computes the chain anew as well.
        """
        del request
        balance = [
            {
                "currency": currency,
                "debits": Money(debits, currency).amount,
                "credits": Money(credits_, currency).amount,
                "entries": entries,
                "balanced": debits + credits_ == 0,
            }
            for currency, debits, credits_, entries in totals()
        ]
        laws: list[dict[str, Any]] = []
        for law in LAWS:
            breaches = breaches_of(law)
            laws.append({"name": law.name, "holds": not breaches, "breaches": breaches})
        head = selectors.chain_head()
        return Response(
            {
                "whole": all(row["balanced"] for row in balance) and all(x["holds"] for x in laws),
                "totals": balance,
                "laws": laws,
                "chain": {
                    "length": head.seq,
                    "head": bytes(head.hash).hex(),
                    "waiting": selectors.unchained_count(),
                },
            }
        )
