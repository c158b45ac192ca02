"""Alembic's environment: the models to compare with, and the database that the application uses.

The address of the database: `-x url=…`, else DATABASE_URL in the environment, else DATABASE_URL in .env, else
sqlalchemy.url in alembic.ini. How a command runs is in src/schema/environment.py.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parent.parent))

from alembic import context
from sqlalchemy import URL

from src.config import PROJECT_ROOT, SettingError, language_of_environment, load_settings
from src.db.url import parse_database_url
from src.domain.errors import Marked, WrongSetting
from src.models import Base
from src.models.client import Client  # noqa: F401 - each import below adds its tables to Base.metadata
from src.models.contract import Contract  # noqa: F401
from src.models.event import Event  # noqa: F401
from src.models.partial_indexes import complete_for_postgresql
from src.models.search import add_indexes_of_postgresql
from src.models.user import User  # noqa: F401
from src.schema.answers import extra_options, plain_answers, speak
from src.schema.environment import migrate

target_metadata = Base.metadata
complete_for_postgresql(target_metadata)
add_indexes_of_postgresql(target_metadata)


def database_url(override: str | None) -> URL:
    """Find the company's database as the application does."""
    config = context.config
    try:
        settings = load_settings(
            url_override=override, ini_path=config.config_file_name, ini_section=config.config_ini_section
        )
    except SettingError as wrong:
        raise WrongSetting(setting=wrong.setting, source=wrong.source, reason=Marked(wrong.reason)) from None
    speak(settings.language)
    return parse_database_url(settings.database_url, source=settings.database_url_source, root=PROJECT_ROOT)


with plain_answers(language_of_environment(os.environ)):
    options = extra_options()
    migrate(database_url(options.get("url")), target_metadata, options)
