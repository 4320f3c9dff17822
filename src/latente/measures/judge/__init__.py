"""The judge: networks that together name the class of an image, or reject it."""
