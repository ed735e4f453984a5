"""The methods of making a texture, compared (the first document, exercise 4: table 1, figures 4 and 5)."""
