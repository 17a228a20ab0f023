"""Pages on which staff sign in to the administration: the password, then the second factor.

Whoever has no second factor yet sets one up on the second page; until they have, nothing is open.
"""

from typing import Any, Final, cast

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

from apps.auth import selectors
from apps.auth.adapters.totp import DIGITS
from apps.auth.conf import SECOND_FACTOR_OF
from apps.auth.contracts import WrongAnswer
from apps.auth.domain.challenges import RECOVERY_CODE, SIGN_IN, TOTP
from apps.auth.domain.device import Device
from apps.auth.models import Challenge, User
from apps.auth.services import challenges, factors, signing_in
from apps.auth.services.issuing import InvalidCredentials
from vortex.clock import now
from vortex.db import unit_of_work
from vortex.errors import Refusal
from vortex.http.address import client_address
from vortex.http.headers import HOPS
from vortex.identity import entering
from vortex.ids import new_id

_ASKED: Final = "vortex_staff_challenge"
_NEXT: Final = "vortex_staff_next"
_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


class StaffSignInForm(AdminAuthenticationForm):
    """Signs staff in as the API does: the same password rules, limits and silence."""

    def clean(self) -> dict[str, Any]:
        """Prove who is there, or say no more than that it did not work."""
        email = self.cleaned_data.get("username", "")
        password = self.cleaned_data.get("password", "")
        try:
            address = client_address(self.request) if self.request else ""
            self.user_cache = signing_in.prove(
                email=email,
                password=password,
                network=Device(address, "").neighbourhood,
                now=now(),
            )
        except InvalidCredentials:
            raise self.get_invalid_login_error() from None
        except Refusal as refusal:
            raise forms.ValidationError(refusal.detail) from refusal
        self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data


class FirstFactorView(LoginView):
    """The password. It opens nothing by itself."""

    form_class = StaffSignInForm
    template_name = "admin/login.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Go on to the second factor."""
        asked = challenges.ask(
            challenge_id=new_id(), user=form.get_user(), purpose=SIGN_IN, amr=("pwd",), now=now()
        )
        self.request.session.cycle_key()
        self.request.session[_ASKED] = challenges.token_of(asked)
        self.request.session[_NEXT] = self.get_success_url()
        return redirect("admin:second_factor")

    def get_default_redirect_url(self) -> str:
        """Return where whoever signs in goes, unless they came from a page of the bank."""
        return reverse("admin:index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what Django's page of signing in shows."""
        shown = {"title": "Log in", "site_header": "VortexCore", "app_path": self.request.path}
        return {**super().get_context_data(**kwargs), **shown}


first_factor = never_cache(csrf_protect(FirstFactorView.as_view()))


@never_cache
@csrf_protect
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor, or set up the first one ever, and open the administration."""
    try:
        asked = challenges.by_token(
            str(request.session.get(_ASKED, "")), purpose=SIGN_IN, now=now()
        )
    except WrongAnswer:
        return redirect("admin:login")
    user = cast("User", asked.user)
    enrols = not selectors.second_factors(user_id=user.pk)
    if request.method != "POST":
        return _page(request, user, enrols=enrols)
    try:
        code = request.POST.get("code", "").strip()
        fresh = _enrolled(asked, user, code) if enrols else _answered(asked, user, code)
    except Refusal as refusal:
        return _page(request, user, enrols=enrols, problem=refusal.detail)
    return _let_in(request, user, fresh)


def _enrolled(asked: Challenge, user: User, code: str) -> list[str]:
    fresh = factors.confirm_totp(user=user, code=code, now=now())
    with unit_of_work("auth"):
        Challenge.objects.filter(pk=asked.pk, state="pending").update(state="used")
    return fresh


def _answered(asked: Challenge, user: User, code: str) -> list[str]:
    method = TOTP if len(code) == DIGITS else RECOVERY_CODE
    challenges.answer(
        challenge_id=asked.pk, user=user, answer=challenges.Answer(method, code), now=now()
    )
    with unit_of_work("auth"):
        challenges.use(challenge_id=asked.pk, now=now())
    return []


def _let_in(request: HttpRequest, user: User, recovery_codes: list[str]) -> HttpResponse:
    target = str(request.session.pop(_NEXT, "")) or reverse("admin:index")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = reverse("admin:index")
    request.session.pop(_ASKED, None)
    signing_in.staff_entered(user_id=user.pk, at=now())
    if HOPS in request.headers and not recovery_codes:
        return _send_back(request, user, target)
    login(request, user, backend=_BACKEND)
    request.session[SECOND_FACTOR_OF] = str(user.pk)
    if not recovery_codes:
        return redirect(target)
    shown = {"recovery_codes": recovery_codes, "next": target}
    return render(request, "vortex_auth/second_factor.html", shown)


def _send_back(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """Send whom another deployment's door has brought here back to the administration there."""
    request.session.flush()
    return entering.send_to(
        user_id=user.pk,
        email=user.email,
        full_name=user.full_name,
        roles=tuple(user.roles),
        target=target,
        secure=request.is_secure(),
    )


def _page(request: HttpRequest, user: User, *, enrols: bool, problem: str = "") -> HttpResponse:
    enrolment = factors.pending_enrolment(user=user, now=now()) if enrols else None
    shown = {
        "enrolment": enrolment,
        # Our own drawing of our own secret; nothing that anybody typed is in it.
        "qr_svg": mark_safe(enrolment.qr_svg) if enrolment else "",  # noqa: S308
        "problem": problem,
    }
    return render(request, "vortex_auth/second_factor.html", shown)
