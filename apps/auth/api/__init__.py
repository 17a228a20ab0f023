"""HTTP of auth: decode, call one service, encode."""
