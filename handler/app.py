"""The function, put together while it is imported, which on Lambda is the init phase."""

import gc

# What is imported stays: to look for garbage among it would take 5 % of the init phase.
gc.disable()

from handler.fetching import Fetching  # noqa: E402 - see above
from handler.settings import Settings  # noqa: E402

settings = Settings.from_environment()
fetching = Fetching(settings)
if settings.store:
    fetching.begin()

# Only now, for to import them takes as long as to fetch the release.
from handler.api import create_app  # noqa: E402
from handler.entry import follow_restores, lambda_entry  # noqa: E402

app = create_app(settings, fetching=fetching)
follow_restores(app.state.serving)
lambda_handler = lambda_entry(app)

# Nor is it looked through later, when calls have left garbage.
gc.freeze()
gc.enable()
