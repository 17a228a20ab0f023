"""Tables."""

Account = 1
