"""Addresses of auth, under /api/ and /api/v1/."""

from django.urls import path

from apps.auth.api import views

urlpatterns = [
    path("auth/register", views.RegisterView.as_view()),
    path("auth/login", views.SignInView.as_view()),
    path("auth/refresh", views.RefreshView.as_view()),
    path("auth/logout", views.SignOutView.as_view()),
    path("auth/user/profile", views.ProfileView.as_view()),
    path("auth/ws-ticket", views.TicketView.as_view()),
]
