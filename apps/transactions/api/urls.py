"""Addresses of transactions, under /api/ and /api/v1/."""

from django.urls import path

from apps.transactions.api import pending, views

urlpatterns = [
    path("transactions", views.TransactionsView.as_view()),
    path("transactions/bulk", views.BulkView.as_view()),
    path("transactions/categories", views.CategoriesView.as_view()),
    path("transactions/pending", pending.PendingsView.as_view()),
    path("transactions/pending/<uuid:transaction_id>", pending.PendingView.as_view()),
    path("transactions/<uuid:posting_id>", views.TransactionView.as_view()),
    path("transactions/<uuid:posting_id>/entries", views.EntriesView.as_view()),
    path("transactions/<uuid:posting_id>/reverse", views.ReverseView.as_view()),
    path("transactions/<uuid:posting_id>/commit", pending.CommitView.as_view()),
    path("transactions/<uuid:posting_id>/void", pending.VoidView.as_view()),
]
