"""Methods that learn from one picture."""
