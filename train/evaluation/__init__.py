"""How good the ranking is on days that the model has not seen."""
