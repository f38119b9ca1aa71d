"""Features, each as it was known on the day it was used."""
