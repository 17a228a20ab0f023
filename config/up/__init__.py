"""What `make up` does: open the bank on a machine that has nothing but Python, and keep it open."""
