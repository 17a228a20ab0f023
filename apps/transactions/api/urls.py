"""Addresses of transactions, under /api/ and /api/v1/."""

from django.urls import path

from apps.transactions.api import views

urlpatterns = [
    path("transactions", views.TransactionsView.as_view()),
    path("transactions/bulk", views.BulkView.as_view()),
    path("transactions/categories", views.CategoriesView.as_view()),
    path("transactions/<uuid:posting_id>", views.TransactionView.as_view()),
    path("transactions/<uuid:posting_id>/entries", views.EntriesView.as_view()),
    path("transactions/<uuid:posting_id>/reverse", views.ReverseView.as_view()),
]
