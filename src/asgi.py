"""The application that a web server runs: `epicevents serve`, or any ASGI server with `src.asgi:create_app`."""

from typing import TYPE_CHECKING

from src.api.site import build_api
from src.config import PROJECT_ROOT, SettingError, load_settings
from src.db.session import Database
from src.db.url import parse_database_url
from src.domain.errors import Marked, WrongSetting
from src.web.site import build_site

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def create_app() -> "ASGIApp":
    """Build the application from this installation's settings; the database is opened when the first page needs it.

    Raises:
        WrongSetting.
    """
    try:
        settings = load_settings()
    except SettingError as error:
        raise WrongSetting(setting=error.setting, source=error.source, reason=Marked(error.reason)) from None
    url = parse_database_url(settings.database_url, source=settings.database_url_source, root=PROJECT_ROOT)
    # Exports keep their connection as long as a slow reader reads: they must not use up the pages' connections.
    database = Database(url, pooled=True)
    site = build_site(settings, database, exports=Database(url), programs=build_api(settings, database))
    if settings.sentry_dsn:
        from src.web.sentry import tell_sentry_of_failures  # noqa: PLC0415 - its package is an extra

        tell_sentry_of_failures(settings.sentry_dsn)
    return site
