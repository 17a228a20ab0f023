"""Addresses of accounts, under /api/ and /api/v1/."""

from django.urls import path

from apps.accounts.api import balances, standing, statements, views

urlpatterns = [
    path("accounts", views.AccountsView.as_view()),
    path("accounts/resolve", views.ResolveView.as_view()),
    path("accounts/<uuid:account_id>", views.AccountView.as_view()),
    path("accounts/<uuid:account_id>/balance", balances.BalanceView.as_view()),
    path("accounts/<uuid:account_id>/close", standing.CloseView.as_view()),
    path("accounts/<uuid:account_id>/freeze", standing.FreezeView.as_view()),
    path("accounts/<uuid:account_id>/statements", statements.StatementsView.as_view()),
    path(
        "accounts/<uuid:account_id>/statements/<uuid:statement_id>",
        statements.StatementView.as_view(),
    ),
    path(
        "accounts/<uuid:account_id>/statements/<uuid:statement_id>/file",
        statements.StatementFileView.as_view(),
    ),
    path("accounts/<uuid:account_id>/unfreeze", standing.UnfreezeView.as_view()),
]
