"""The ways to make new pictures from one picture, compared."""
