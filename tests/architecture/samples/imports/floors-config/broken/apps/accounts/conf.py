"""A context reads the list of all."""

from config.contexts import CONTEXTS
