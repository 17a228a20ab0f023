"""The mailbox of a laptop, at /dev/mailbox: what would have been sent, where no mail is sent."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.auth.adapters.mail import Mailbox


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """Show the mail of the last day; nowhere but under local settings does the page exist."""
    if not settings.VORTEX_SHOWS_MAILBOX or settings.VORTEX_SMTP_URL:
        raise Http404
    return render(request, "vortex_auth/mailbox.html", {"mails": Mailbox().read()})
