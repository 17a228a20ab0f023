"""Addresses of accounts, under /api/ and /api/v1/."""

from django.urls import path

from apps.accounts.api import views

urlpatterns = [
    path("accounts", views.AccountsView.as_view()),
    path("accounts/resolve", views.ResolveView.as_view()),
    path("accounts/<uuid:account_id>", views.AccountView.as_view()),
    path("accounts/<uuid:account_id>/balance", views.BalanceView.as_view()),
    path("accounts/<uuid:account_id>/close", views.CloseView.as_view()),
    path("accounts/<uuid:account_id>/freeze", views.FreezeView.as_view()),
    path("accounts/<uuid:account_id>/unfreeze", views.UnfreezeView.as_view()),
]
