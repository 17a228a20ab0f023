"""What auth needs from outside: hashing, signatures, counters."""
