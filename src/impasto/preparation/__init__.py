"""What is done to pictures before something is trained on them: `impasto data ...`."""
