"""Addresses of transactions, under /api/ and /api/v1/."""

from django.urls import path

from apps.transactions.api import (
    attachments,
    disputes,
    exchange,
    exports,
    imports,
    integrity,
    pending,
    reconciliations,
    search,
    splits,
    views,
)

urlpatterns = [
    path("transactions", views.TransactionsView.as_view()),
    path("transactions/bulk", views.BulkView.as_view()),
    path("transactions/categories", views.CategoriesView.as_view()),
    path("transactions/export", exports.ExportView.as_view()),
    path("transactions/disputes", disputes.DisputesView.as_view()),
    path("transactions/disputes/queue", disputes.DisputeQueueView.as_view()),
    path("transactions/disputes/<uuid:dispute_id>", disputes.DisputeView.as_view()),
    path(
        "transactions/disputes/<uuid:dispute_id>/withdraw", disputes.WithdrawDisputeView.as_view()
    ),
    path("transactions/disputes/<uuid:dispute_id>/review", disputes.ReviewDisputeView.as_view()),
    path("transactions/disputes/<uuid:dispute_id>/resolve", disputes.ResolveDisputeView.as_view()),
    path("transactions/reconciliations", reconciliations.ReconciliationsView.as_view()),
    path(
        "transactions/reconciliations/<uuid:reconciliation_id>",
        reconciliations.ReconciliationView.as_view(),
    ),
    path(
        "transactions/reconciliations/<uuid:reconciliation_id>/items",
        reconciliations.ReconciliationItemsView.as_view(),
    ),
    path("transactions/imports", imports.ImportsView.as_view()),
    path("transactions/imports/<uuid:import_id>", imports.ImportView.as_view()),
    path("transactions/imports/<uuid:import_id>/rows", imports.ImportRowsView.as_view()),
    path("transactions/imports/<uuid:import_id>/rows/<int:line>", imports.ImportRowView.as_view()),
    path("transactions/imports/<uuid:import_id>/publish", imports.PublishView.as_view()),
    path("transactions/imports/<uuid:import_id>/cancel", imports.CancelImportView.as_view()),
    path("transactions/integrity", integrity.IntegrityView.as_view()),
    path("transactions/search", search.SearchView.as_view()),
    path("transactions/aggregate", search.AggregateView.as_view()),
    path("transactions/categories/own", search.OwnCategoriesView.as_view()),
    path("transactions/categories/own/<uuid:category_id>", search.OwnCategoryView.as_view()),
    path("transactions/categories/own/<uuid:category_id>/merge", search.MergeView.as_view()),
    path("transactions/<uuid:posting_id>/filing", search.FilingView.as_view()),
    path("transactions/estimate", exchange.EstimateView.as_view()),
    path("transactions/exchange", exchange.ExchangeView.as_view()),
    path("transactions/legs", exchange.LegsView.as_view()),
    path("transactions/quotes", exchange.QuotesView.as_view()),
    path("transactions/rates", exchange.RatesView.as_view()),
    path("transactions/pending", pending.PendingsView.as_view()),
    path("transactions/pending/<uuid:transaction_id>", pending.PendingView.as_view()),
    path("transactions/<uuid:posting_id>", views.TransactionView.as_view()),
    path("transactions/<uuid:posting_id>/entries", views.EntriesView.as_view()),
    path("transactions/<uuid:posting_id>/split", splits.SplitView.as_view()),
    path("transactions/<uuid:posting_id>/dispute", disputes.DisputeTransactionView.as_view()),
    path("transactions/<uuid:posting_id>/attachments", attachments.AttachmentsView.as_view()),
    path(
        "transactions/<uuid:posting_id>/attachments/<uuid:attachment_id>",
        attachments.AttachmentView.as_view(),
    ),
    path("transactions/<uuid:posting_id>/reverse", views.ReverseView.as_view()),
    path("transactions/<uuid:posting_id>/commit", pending.CommitView.as_view()),
    path("transactions/<uuid:posting_id>/void", pending.VoidView.as_view()),
]
