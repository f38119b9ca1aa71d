"""What can go wrong with releases and their stores: one tree, so one `except` catches it all."""
# ruff: noqa: N818 - the names say what went wrong; "Error" after each would add nothing


class ArtifactError(Exception):
    """Whatever goes wrong in this room; its text is a sentence for the person who runs it."""


class InvalidAddress(ArtifactError, ValueError):
    """A store URL, key or name that no store could have."""


class StoreUnavailable(ArtifactError):
    """The store did not answer, failed, or refused access; the cause is chained."""


class AccessDenied(StoreUnavailable):
    """The store refused access to an object, or does not tell that there is none."""


class NotFound(ArtifactError):
    """There is no such object, release or channel."""


class AlreadyExists(ArtifactError):
    """The key to create is taken by other bytes."""


class Conflict(ArtifactError):
    """Somebody else changed the object first: the compare-and-swap is lost."""


class BrokenRelease(ArtifactError):
    """A file is missing or not as the manifest says, or a manifest or channel is unreadable."""


class InvalidKey(ArtifactError, ValueError):
    """What should be a key to sign releases with, or to trust, is none."""


class CannotSign(ArtifactError):
    """The key that signs releases cannot be used; the cause is chained."""


class NotExact(ArtifactError):
    """The graph was not proved equal to its model: it may be neither published nor served."""


class GateFailed(ArtifactError):
    """The release is not good enough to be served, unless somebody forces it."""


class InvalidExperiment(ArtifactError, ValueError):
    """Arms that make no experiment."""
