"""What a generator's training depends on: one thing varied at a time (documents 3 and 4)."""
