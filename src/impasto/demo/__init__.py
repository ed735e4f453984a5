"""Real inputs for a first look, and the tour that shows what can be made of them."""
