"""The data at a glance: what the tables hold, before anything is learned from them."""
