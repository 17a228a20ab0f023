"""What `make up TOPOLOGY=...` does: the same bank, with contexts as services behind a gateway."""
