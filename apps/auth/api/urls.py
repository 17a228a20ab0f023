"""Addresses of auth, under /api/ and /api/v1/."""

from django.urls import path

from apps.auth.api import credentials, factors, passkeys, sessions, views

urlpatterns = [
    path("auth/register", views.RegisterView.as_view()),
    path("auth/login", views.SignInView.as_view()),
    path("auth/refresh", views.RefreshView.as_view()),
    path("auth/logout", views.SignOutView.as_view()),
    path("auth/user/profile", views.ProfileView.as_view()),
    path("auth/ws-ticket", views.TicketView.as_view()),
    path("auth/logout-others", sessions.SignOutOthersView.as_view()),
    path("auth/logout-all", sessions.SignOutEverywhereView.as_view()),
    path("auth/sessions", sessions.SessionsView.as_view()),
    path("auth/sessions/<uuid:session_id>", sessions.SessionView.as_view()),
    path("auth/login-history", sessions.SignInHistoryView.as_view()),
    path("auth/email/verify", credentials.VerifyEmailView.as_view()),
    path("auth/email/resend", credentials.ResendView.as_view()),
    path("auth/email/change", credentials.ChangeEmailView.as_view()),
    path("auth/password/forgot", credentials.ForgotView.as_view()),
    path("auth/password/reset", credentials.ResetView.as_view()),
    path("auth/password/change", credentials.ChangeView.as_view()),
    path("auth/mfa/verify", factors.SecondFactorView.as_view()),
    path("auth/mfa/methods", factors.MethodsView.as_view()),
    path("auth/mfa/totp", factors.TotpView.as_view()),
    path("auth/mfa/totp/enroll", factors.EnrolView.as_view()),
    path("auth/mfa/totp/confirm", factors.ConfirmView.as_view()),
    path("auth/mfa/recovery-codes", factors.RecoveryCodesView.as_view()),
    path("auth/trusted-browsers", factors.TrustedBrowsersView.as_view()),
    path("auth/trusted-browsers/<uuid:browser_id>", factors.TrustedBrowserView.as_view()),
    path("auth/step-up/options", factors.StepUpOptionsView.as_view()),
    path("auth/step-up/verify", factors.StepUpView.as_view()),
    path("auth/challenges/<uuid:challenge_id>", factors.QuestionView.as_view()),
    path("auth/challenges/<uuid:challenge_id>/verify", factors.AgreementView.as_view()),
    path("auth/webauthn/register/options", passkeys.RegistrationOptionsView.as_view()),
    path("auth/webauthn/register/verify", passkeys.RegistrationView.as_view()),
    path("auth/webauthn/login/options", passkeys.SignInOptionsView.as_view()),
    path("auth/webauthn/login/verify", passkeys.SignInView.as_view()),
    path("auth/webauthn/credentials", passkeys.PasskeysView.as_view()),
    path("auth/webauthn/credentials/<uuid:passkey_id>", passkeys.PasskeyView.as_view()),
]
