"""The first stage of a request: few candidates out of the whole catalogue, by short vectors."""
