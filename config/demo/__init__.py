"""The demonstration bank: two years in the lives of some households, the same on every machine."""
