"""What serving costs and where it breaks as readers, posts and requests grow: a simulation."""
