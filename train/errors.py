"""What stops a training run, each with a sentence for the person who started it."""


class TrainError(Exception):
    """A run that cannot go on. Nothing has been changed in the store."""


class SourceError(TrainError):
    """The tables cannot be read, or cannot be trained from."""


class ExportError(TrainError):
    """The model cannot be written as a graph that gives the same scores."""


class RefreshError(TrainError):
    """The model that is served cannot be given newer features."""


class ClusterError(TrainError):
    """The cluster cannot be reached, or cannot do the work."""


class WorkError(TrainError):
    """The folder for the run's own files cannot be used."""


class TrackingError(TrainError):
    """What a run comes to is to be kept in MLflow, and there is no MLflow."""
