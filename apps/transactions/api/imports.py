"""Statements over HTTP: sent, looked at, corrected, published or called off; only one's own."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.transactions import selectors
from apps.transactions.adapters.statements import DATE_FORMATS, DECIMALS, MOST_BYTES, ROLES
from apps.transactions.domain.importing import ImportState, RowStatus
from apps.transactions.models import ImportRow, StatementImport
from apps.transactions.services import importing
from apps.transactions.services.importing import Told
from vortex.clock import now
from vortex.http.etag import etag_of, require_match, tagged
from vortex.http.fields import FlagField, IdField, TextField
from vortex.http.openapi import page_of as page_schema
from vortex.http.pagination import PARAMETERS, paged
from vortex.http.uploads import UploadParser
from vortex.identity.authentication import caller
from vortex.ids import new_id
from vortex.money import MAX_MINOR, written

_ORDER: Final = "imports by -id"
_ROWS: Final = "lines of an import by line"
_STATUS: Final = OpenApiParameter(
    "status", enum=list(RowStatus), description="Only lines of which this becomes, or became."
)
_ID: Final = "01920f4e-5a10-7c3e-8f00-5d1f6b2a9c01"


class ToldSerializer(serializers.Serializer[Any]):
    """What a file does not say clearly itself."""

    encoding = TextField(
        max_length=20, allow_blank=True, default="", help_text="Of a text file: cp1252, say."
    )
    date_format = serializers.ChoiceField(choices=DATE_FORMATS, allow_blank=True, default="")
    decimal = serializers.ChoiceField(choices=DECIMALS, allow_blank=True, default="")
    statement = TextField(
        max_length=60, allow_blank=True, default="", help_text="Which account, of several."
    )
    opening_minor = serializers.IntegerField(
        min_value=-MAX_MINOR,
        max_value=MAX_MINOR,
        default=0,
        help_text="What was on the account before the first line; posted once.",
    )


class ColumnsSerializer(serializers.Serializer[Any]):
    """Titles of columns of a CSV file, by what they are."""

    def get_fields(self) -> dict[str, Any]:
        """Return one field per role."""
        return {role: TextField(max_length=60, required=False) for role in ROLES}


class MappingSerializer(ToldSerializer):
    """How a file is to be read; all of it is said anew."""

    columns = ColumnsSerializer(default=dict)


class UploadSerializer(ToldSerializer):
    """A statement and the account at another bank that it is of."""

    account_id = IdField()
    file = serializers.FileField(
        allow_empty_file=True, help_text="OFX, QFX, QIF, MT940, camt.053 or CSV, up to 10 MiB."
    )


class ImportCountsSerializer(serializers.Serializer[StatementImport]):
    """How many lines there are of each kind."""

    new = serializers.IntegerField(source="fresh_rows")
    duplicate = serializers.IntegerField(source="duplicate_rows")
    invalid = serializers.IntegerField(source="invalid_rows")
    excluded = serializers.IntegerField(source="excluded_rows")
    posted = serializers.IntegerField(source="posted_rows")
    refused = serializers.IntegerField(source="refused_rows")


class ImportSerializer(serializers.Serializer[StatementImport]):
    """A statement on its way in. `problem` says what stands in the way, in words for people."""

    id = IdField()
    account_id = IdField()
    filename = TextField()
    format = TextField(help_text="Empty until the file is read.")
    currency = TextField()
    state = serializers.ChoiceField(choices=list(ImportState))
    problem = TextField()
    notes = serializers.ListField(child=TextField())
    sample = serializers.ListField(
        child=serializers.ListField(child=TextField()),
        help_text="The first rows of a table of which more has to be said.",
    )
    mapping = MappingSerializer(source="*")
    rows = ImportCountsSerializer(source="*")
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()

    def to_representation(self, instance: StatementImport) -> dict[str, Any]:
        """Return the import with what was told of its file."""
        said = dict(super().to_representation(instance))
        said["mapping"] = {**instance.hints, "opening_minor": instance.opening_minor}
        return said


class ImportRowSerializer(serializers.Serializer[ImportRow]):
    """A line of a statement, and what becomes of it."""

    line = serializers.IntegerField(min_value=1)
    booked_date = serializers.DateField(allow_null=True)
    amount = serializers.SerializerMethodField(help_text="Negative for money that went out.")
    description = TextField()
    counterparty = TextField()
    status = serializers.ChoiceField(choices=list(RowStatus))
    reason = TextField(help_text="Why it is a duplicate, invalid or refused.")
    transaction_id = IdField(source="posting_id", allow_null=True)

    def get_amount(self, row: ImportRow) -> dict[str, str] | None:
        """Return the amount as money; null where it cannot be read."""
        if row.booked_date is None:
            return None
        return written(row.amount_minor, self.context["currency"])


class ExcludeSerializer(serializers.Serializer[Any]):
    """Whether a line is left out."""

    excluded = FlagField()


class ImportsView(APIView):
    """One's own imports."""

    most_bytes = MOST_BYTES
    parser_classes = [UploadParser]

    @extend_schema(parameters=[*PARAMETERS], responses=page_schema(ImportSerializer))
    def get(self, request: Request) -> Response:
        """List one's own imports, newest first."""
        owner_id = caller(request).user_id
        return paged(
            request,
            order=_ORDER,
            types=(UUID,),
            rows=lambda after, limit: selectors.imports_of_owner(
                owner_id=owner_id, after=after, limit=limit
            ),
            key=lambda row: (row.id,),
            shown=ImportSerializer().to_representation,
        )

    @extend_schema(
        request={"multipart/form-data": UploadSerializer}, responses={201: ImportSerializer}
    )
    def post(self, request: Request) -> Response:
        """Send a statement of an account at another bank; its format is found out.

        Nothing is posted yet. A small file is read when the answer comes, a larger one is `reading`
        for a moment. What cannot be read says why in `problem`.
        """
        asked = UploadSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        file, account_id = said.pop("file"), said.pop("account_id")
        made = importing.begin(
            import_id=new_id(),
            owner_id=caller(request).user_id,
            account_id=account_id,
            filename=file.name or "",
            content=file.read(),
            told=Told(**said),
            at=now(),
        )
        answer = Response(ImportSerializer(made).data, status=201)
        answer["Location"] = f"{request.path}/{made.id}"
        return _tagged(request, answer, made)


class ImportView(APIView):
    """One of one's own imports."""

    if_match = ("PATCH",)

    @extend_schema(responses=ImportSerializer)
    def get(self, request: Request, import_id: UUID) -> Response:
        """Read an import: where it stands, and how many lines of which kind it has."""
        known = _own(request, import_id)
        return _tagged(request, Response(ImportSerializer(known).data), known)

    @extend_schema(
        request=MappingSerializer,
        responses=ImportSerializer,
        examples=[
            OpenApiExample(
                "A Czech bank's columns",
                value={
                    "encoding": "cp1250",
                    "date_format": "DD.MM.YYYY",
                    "decimal": "comma",
                    "columns": {"date": "Datum", "amount": "Objem", "description": "Zpráva"},
                },
                request_only=True,
            )
        ],
    )
    def patch(self, request: Request, import_id: UUID) -> Response:
        """Say how the file is to be read, and have it read anew."""
        asked = MappingSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        require_match(request, _etag(_own(request, import_id)))
        told = importing.tell(
            import_id=import_id,
            owner_id=caller(request).user_id,
            told=Told(**asked.validated_data),
            at=now(),
        )
        return _tagged(request, Response(ImportSerializer(told).data), told)


class ImportRowsView(APIView):
    """The lines of an import."""

    @extend_schema(parameters=[_STATUS, *PARAMETERS], responses=page_schema(ImportRowSerializer))
    def get(self, request: Request, import_id: UUID) -> Response:
        """List the lines of an import in their order, with what becomes of each."""
        known = _own(request, import_id)
        status = _status(request)
        return paged(
            request,
            order=_ROWS,
            types=(int,),
            rows=lambda after, limit: selectors.import_rows(
                import_id=known.id, status=status, after=after, limit=limit
            ),
            key=lambda row: (row.line,),
            shown=_shown(known).to_representation,
        )


class ImportRowView(APIView):
    """One line of an import."""

    @extend_schema(request=ExcludeSerializer, responses=ImportRowSerializer)
    def patch(self, request: Request, import_id: UUID, line: int) -> Response:
        """Leave a line out, or take it in again."""
        asked = ExcludeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        row = importing.exclude(
            import_id=import_id,
            owner_id=caller(request).user_id,
            line=line,
            excluded=asked.validated_data["excluded"],
            at=now(),
        )
        return Response(_shown(_own(request, import_id)).to_representation(row))


class PublishView(APIView):
    """Posting what was read."""

    @extend_schema(request=None, responses=ImportSerializer)
    def post(self, request: Request, import_id: UUID) -> Response:
        """Post the new lines. Asked twice, it happens once; a large one goes on by itself."""
        known = importing.publish(import_id=import_id, owner_id=caller(request).user_id, at=now())
        return _tagged(request, Response(ImportSerializer(known).data), known)


class CancelImportView(APIView):
    """Calling an import off."""

    @extend_schema(request=None, responses=ImportSerializer)
    def post(self, request: Request, import_id: UUID) -> Response:
        """Call an import off before it is published; its file is forgotten."""
        known = importing.cancel(import_id=import_id, owner_id=caller(request).user_id, at=now())
        return _tagged(request, Response(ImportSerializer(known).data), known)


def _own(request: Request, import_id: UUID) -> StatementImport:
    return selectors.import_of_owner(import_id=import_id, owner_id=caller(request).user_id)


def _status(request: Request) -> str:
    asked = serializers.ChoiceField(choices=list(RowStatus), allow_blank=True)
    return str(asked.run_validation(request.query_params.get("status", "")))


def _shown(known: StatementImport) -> ImportRowSerializer:
    return ImportRowSerializer(context={"currency": known.currency})


def _etag(known: StatementImport) -> str:
    return etag_of(str(known.id), known.revision, known.state)


def _tagged(request: Request, answer: Response, known: StatementImport) -> Response:
    return tagged(request, answer, _etag(known))
