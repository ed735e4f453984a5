"""What the layers of a network know of a picture, found again from noise."""
