"""How stages run, and why they run. This is plumbing: it does not change the bytes of any output."""
