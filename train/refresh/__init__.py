"""Newer features for the model that is served."""
