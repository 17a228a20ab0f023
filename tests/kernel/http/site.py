"""A small site whose views do one thing each, with the kernel's own addresses below them."""

from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError, connections
from django.http import HttpResponse
from django.urls import include, path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from vortex.db import unit_of_work
from vortex.errors import Conflict, Refused
from vortex.http.etag import etag_of, require_match, tagged
from vortex.http.fields import MoneyField
from vortex.http.idempotency import IdempotentView
from vortex.identity.permissions import RequiresRole
from vortex.money import Money
from vortex.telemetry import context


class NotEnough(Refused, code="test_not_enough", title="Not enough"):
    """There is less than was asked for.

    Ask for less.
    """


class Paying(serializers.Serializer[Any]):
    amount = MoneyField(positive=True)
    note = serializers.CharField(max_length=5, required=False)
    tags = serializers.ListField(child=serializers.IntegerField(), required=False)


class Paid(serializers.Serializer[Any]):
    amount = MoneyField()


class Echo(APIView):
    """Says back what was sent."""

    permission_classes = [AllowAny]

    @extend_schema(request=Paying, responses=Paid)
    def post(self, request: Request) -> Response:
        return Response({"got": request.data})


class Pay(APIView):
    permission_classes = [AllowAny]

    @extend_schema(request=Paying, responses=Paid)
    def post(self, request: Request) -> Response:
        paying = Paying(data=request.data)
        paying.is_valid(raise_exception=True)
        return Response(Paid({"amount": paying.validated_data["amount"]}).data)


class Whoami(APIView):
    @extend_schema(responses=Paid)
    def get(self, request: Request) -> Response:
        current = context.current()
        return Response(
            {
                "user": str(request.user.user_id),  # type: ignore[union-attr]
                "actor": str(current.actor.user_id) if current.actor else None,
                "request_id": current.request_id,
                "traceparent": current.traceparent,
                "remaining_ms": current.remaining_ms(),
            }
        )


class Staff(APIView):
    permission_classes = [RequiresRole("administrator")]

    @extend_schema(responses=Paid)
    def get(self, request: Request) -> Response:
        return Response({})


class Breaks(APIView):
    permission_classes = [AllowAny]
    errors = {
        "refused": NotEnough("there is 1.00", available="1.00", title="hijacked", status=200),
        "conflict": Conflict("busy"),
        "database": OperationalError("server closed the connection at 10.0.0.1"),
        "suspicious": SuspiciousOperation("secret reason"),
        "bug": RuntimeError("the password is hunter2"),
    }

    @extend_schema(exclude=True)
    def get(self, request: Request, how: str) -> Response:
        raise self.errors[how]


class Settings(APIView):
    permission_classes = [AllowAny]
    if_match = ("PUT",)

    @extend_schema(responses=Paid)
    def get(self, request: Request) -> Response:
        return tagged(request, Response({"version": 3}), etag_of(3))

    @extend_schema(request=Paying, responses=Paid)
    def put(self, request: Request) -> Response:
        require_match(request, etag_of(3))
        return Response({"version": 4})


class Limited(APIView):
    permission_classes = [AllowAny]
    throttle_scope = "test"

    @extend_schema(responses=Paid)
    def get(self, request: Request) -> Response:
        return Response({})


class Transfer(IdempotentView):
    """Counts its effects in a table of the accounts database."""

    context = "accounts"

    @extend_schema(request=Paying, responses=Paid)
    def post(self, request: Request) -> HttpResponse:
        paying = Paying(data=request.data)
        paying.is_valid(raise_exception=True)
        money: Money = paying.validated_data["amount"]
        transfer_id = self.slot.derive("transfer")
        with unit_of_work("accounts") as connection:
            with connection.cursor() as cursor:
                cursor.execute("insert into test_effects (id) values (%s)", [transfer_id])
            if money.minor == 666:
                raise NotEnough("beyond the balance")
            if money.minor == 777:
                return Response({"id": str(transfer_id)})
            return self.remember(
                {"id": str(transfer_id)}, status=201, headers={"Location": f"/t/{transfer_id}"}
            )


def crash(request: Any) -> HttpResponse:
    """Break outside of DRF."""
    del request
    with connections["default"].cursor():
        raise RuntimeError("the password is hunter2")


views = [
    path("echo", Echo.as_view()),
    path("pay", Pay.as_view()),
    path("whoami", Whoami.as_view()),
    path("staff", Staff.as_view()),
    path("breaks/<str:how>", Breaks.as_view()),
    path("settings", Settings.as_view()),
    path("limited", Limited.as_view()),
    path("transfers", Transfer.as_view()),
    path("crash", crash),
]

urlpatterns = [
    path("api/test/", include((views, "api"))),
    path("api/v1/test/", include((views, "v1"))),
    path("admin/", include(([path("", crash, name="index")], "admin"))),
    path("", include("vortex.http.urls")),
]

handler400 = "vortex.http.failures.bad_request"
handler403 = "vortex.http.failures.permission_denied"
handler404 = "vortex.http.failures.not_found"
handler500 = "vortex.http.failures.server_error"
