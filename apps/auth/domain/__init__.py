"""Pure rules of who may sign in, and how: no Django, no clock, no database."""
