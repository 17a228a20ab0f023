"""Pure rules of holding an account: no Django, no clock, no database."""
