"""Figures of what was trained, for MLflow, if that is wanted."""
