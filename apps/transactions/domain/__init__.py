"""Rules of the ledger that know no framework, no clock and no database."""
