"""Photos in the manner of paintings, and what networks know of both."""
