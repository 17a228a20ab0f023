"""Words and tables on paper: text that no format misreads, cells that no spreadsheet runs, PDF."""
