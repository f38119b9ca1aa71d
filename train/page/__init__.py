"""Pages that are one file: their style, their figures and how a text stands in them."""
