"""Training: the loop, the device, and the checkpoint of an interrupted training."""
