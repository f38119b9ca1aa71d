"""Functions that ours is compared with; each is the whole of its handler."""
