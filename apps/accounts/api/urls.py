"""Addresses of accounts, under /api/ and /api/v1/."""

from django.urls import path

from apps.accounts.api import balances, limits, links, members, standing, statements, views

urlpatterns = [
    path("accounts", views.AccountsView.as_view()),
    path("accounts/banks", links.BanksView.as_view()),
    path("accounts/consents", links.ConsentsView.as_view()),
    path("accounts/consents/<uuid:consent_id>", links.ConsentView.as_view()),
    path("accounts/consents/<uuid:consent_id>/complete", links.CompleteView.as_view()),
    path("accounts/links/<uuid:link_id>/sync", links.SyncView.as_view()),
    path("accounts/links/<uuid:link_id>/reauthorize", links.ReauthorizeView.as_view()),
    path("accounts/<uuid:account_id>/link", links.LinkView.as_view()),
    path("accounts/<uuid:account_id>/links", links.LinksView.as_view()),
    path("accounts/resolve", views.ResolveView.as_view()),
    path("accounts/invitations", members.InvitationsView.as_view()),
    path("accounts/invitations/<uuid:member_id>/accept", members.AcceptView.as_view()),
    path("accounts/invitations/<uuid:member_id>/decline", members.DeclineView.as_view()),
    path("accounts/summary", balances.SummaryView.as_view()),
    path("accounts/<uuid:account_id>", views.AccountView.as_view()),
    path("accounts/<uuid:account_id>/balance", balances.BalanceView.as_view()),
    path("accounts/<uuid:account_id>/balance/history", balances.HistoryView.as_view()),
    path("accounts/<uuid:account_id>/balances", balances.BalancesView.as_view()),
    path("accounts/<uuid:account_id>/holds", balances.HoldsView.as_view()),
    path("accounts/<uuid:account_id>/limits", limits.LimitsView.as_view()),
    path("accounts/<uuid:account_id>/limits/<str:limit_id>", limits.LimitView.as_view()),
    path("accounts/<uuid:account_id>/close", standing.CloseView.as_view()),
    path("accounts/<uuid:account_id>/freeze", standing.FreezeView.as_view()),
    path("accounts/<uuid:account_id>/members", members.MembersView.as_view()),
    path("accounts/<uuid:account_id>/members/<uuid:member_id>", members.MemberView.as_view()),
    path("accounts/<uuid:account_id>/reactivate", standing.ReactivateView.as_view()),
    path("accounts/<uuid:account_id>/reopen", standing.ReopenView.as_view()),
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
