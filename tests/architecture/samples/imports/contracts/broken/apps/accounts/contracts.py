"""A contract with a framework."""

from django.db import models
