"""Training past one machine: the same steps on parts of the tables, by the workers of Dask."""
