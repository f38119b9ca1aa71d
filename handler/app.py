"""The function, put together while it is imported, which on Lambda is the init phase."""

from handler.fetching import Fetching
from handler.settings import Settings

settings = Settings.from_environment()
fetching = Fetching(settings)
if settings.store:
    fetching.begin()

# Only now, for to import them takes as long as to fetch the release.
from handler.api import create_app  # noqa: E402
from handler.entry import follow_restores, lambda_entry  # noqa: E402

app = create_app(settings, fetching=fetching)
follow_restores(app.state.serving)
lambda_handler = lambda_entry(app, settings)
