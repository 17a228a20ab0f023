"""HTTP of accounts: decode, call one service, encode."""
