"""Alembic's environment: the models to compare with, and the database that the application uses.

The address of the database: `-x url=…`, else DATABASE_URL in the environment, else DATABASE_URL in .env, else
sqlalchemy.url in alembic.ini. How a command runs is in src/schema/environment.py.
"""

import os
import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).absolute().parent.parent))

from alembic import context

from src.config import PROJECT_ROOT, SettingError, Settings, language_of_environment, load_settings
from src.db.url import parse_database_url
from src.domain.errors import Marked, WrongSetting
from src.models import Base
from src.models.client import Client  # noqa: F401 - puts the clients into Base.metadata
from src.models.contract import Contract  # noqa: F401 - puts the contracts into Base.metadata
from src.models.event import Event  # noqa: F401 - puts the events into Base.metadata
from src.models.partial_indexes import complete_for_postgresql
from src.models.search import add_indexes_of_postgresql
from src.models.user import User  # noqa: F401 - puts the staff into Base.metadata
from src.schema.answers import extra_options, plain_answers, speak
from src.schema.backup.folder import backup_folder
from src.schema.backup.retention import Keep
from src.schema.backup_first import Precaution
from src.schema.environment import migrate
from src.services import CRM

target_metadata = Base.metadata
complete_for_postgresql(target_metadata)
add_indexes_of_postgresql(target_metadata)


def settings_of_installation(override: str | None) -> Settings:
    """Read the settings as the application does."""
    config = context.config
    try:
        settings = load_settings(
            url_override=override, ini_path=config.config_file_name, ini_section=config.config_ini_section
        )
    except SettingError as wrong:
        raise WrongSetting(setting=wrong.setting, source=wrong.source, reason=Marked(wrong.reason)) from None
    speak(settings.language)
    return settings


with plain_answers(language_of_environment(os.environ)):
    options = extra_options()
    settings = settings_of_installation(options.get("url"))
    database = parse_database_url(settings.database_url, source=settings.database_url_source, root=PROJECT_ROOT)
    precaution = Precaution(
        folder=backup_folder(database, settings.backup_folder, root=PROJECT_ROOT),
        keep=Keep(count=settings.backup_count, days=settings.backup_days),
    )
    program = f"epicevents {version('epic-events-crm')}"
    migrate(database, target_metadata, options, CRM, precaution=precaution, program=program)
