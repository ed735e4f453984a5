"""A style in a fraction of a second: features moved to a painting's, and decoded by small networks of our own."""
