"""The OpenAPI document and a page to read it with, both served from here and asking nobody else."""

from typing import Any, ClassVar, Final

from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

# Swagger UI draws its own styles and icons, and asks this server for the document.
_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


class SchemaView(SpectacularAPIView):
    """The document as JSON, or as YAML by `Accept` or `?format=yaml`; made once per process."""

    renderer_classes = [
        OpenApiJsonRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer2,
        OpenApiYamlRenderer,
    ]
    _document: ClassVar[Any] = None

    def _get_schema_response(self, request: Request) -> Response:
        del request  # the document is the same for everybody
        if SchemaView._document is None:
            generator = self.generator_class(urlconf=self.urlconf, patterns=self.patterns)
            SchemaView._document = generator.get_schema(  # type: ignore[no-untyped-call]
                request=None, public=True
            )
        return Response(SchemaView._document)


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI; its script is a file of its own, so that the page runs no inline script."""

    url_name = "schema"

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let the page load what it is made of, and nothing from anywhere else."""
        response["Content-Security-Policy"] = _CSP
        return super().finalize_response(request, response, *args, **kwargs)
