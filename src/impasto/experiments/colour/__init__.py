"""The ways to keep a photo's colours in style transfer, compared (the fourth document, figures 4.10 to 4.15)."""
