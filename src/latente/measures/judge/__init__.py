"""The judge: five networks that together name the digit of an image, or reject it."""
