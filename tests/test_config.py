"""Each setting comes from the first place that gives it, is checked, and never shows a secret."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import phonenumbers
import pytest
from babel.numbers import get_currency_precision, list_currencies

from src import config
from src.config import SettingError, Settings, load_settings

SECRET = "s3cr3t-word"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with an alembic.ini as T004 wants it."""
    (tmp_path / "alembic.ini").write_text("[alembic]\nsqlalchemy.url = sqlite:///epic_events_crm.db\n")
    monkeypatch.setattr(config, "PROJECT_ROOT", tmp_path)
    return tmp_path


def read(env_file: str | bytes | None = None, ini: str | None = None, **environ: str) -> Settings:
    """Read the settings of the project folder, after writing its files."""
    if env_file is not None:
        content = env_file.encode() if isinstance(env_file, str) else env_file
        (config.PROJECT_ROOT / ".env").write_bytes(content)
    if ini is not None:
        (config.PROJECT_ROOT / "alembic.ini").write_text(ini, encoding="utf-8")
    return load_settings(environ=environ)


def url(env_file: str | bytes | None = None, ini: str | None = None, **environ: str) -> str:
    """The database's address out of the same."""
    return read(env_file, ini, **environ).database_url


def test_without_any_setting_the_installation_is_a_french_one_on_the_file_of_t004(root: Path) -> None:
    assert read() == Settings(
        database_url="sqlite:///epic_events_crm.db",
        database_url_source="alembic.ini",
        phone_region="FR",
        currency="EUR",
        time_zone="Europe/Paris",
        language=None,
        sentry_dsn=None,
    )


def test_the_hosts_are_this_computer_and_those_that_are_named(root: Path) -> None:
    here = ("localhost", "127.0.0.1", "[::1]")
    assert read().hosts == here
    assert read(EPICEVENTS_HOSTS="CRM.example.com, localhost, [::2]").hosts == (*here, "crm.example.com", "[::2]")
    for wrong in ("https://crm.example.com", "crm.example.com:8000", "a,,b", "*", "-a", "a b"):
        with pytest.raises(SettingError, match="EPICEVENTS_HOSTS"):
            read(EPICEVENTS_HOSTS=wrong)


def test_the_address_comes_from_the_first_place_that_gives_one(root: Path) -> None:
    def source(**environ: str) -> tuple[str, str]:
        found = load_settings(environ=environ)
        return found.database_url, found.database_url_source

    (root / ".env").write_text("DATABASE_URL=sqlite:///file.db\n")
    override = load_settings(environ={"DATABASE_URL": "sqlite:///environment.db"}, url_override=" sqlite:///x.db ")
    assert (override.database_url, override.database_url_source) == ("sqlite:///x.db", "-x url")
    assert source(DATABASE_URL="sqlite:///environment.db") == ("sqlite:///environment.db", "environment")
    assert source() == ("sqlite:///file.db", ".env")
    (root / ".env").unlink()
    assert source() == ("sqlite:///epic_events_crm.db", "alembic.ini")


@pytest.mark.parametrize("empty", ["", " ", "\t\n"])
def test_an_empty_value_counts_as_not_given(root: Path, empty: str) -> None:
    assert url(DATABASE_URL=empty, EPICEVENTS_CURRENCY=empty) == "sqlite:///epic_events_crm.db"
    assert url("DATABASE_URL=\nEPICEVENTS_LANG\n", DATABASE_URL=empty) == "sqlite:///epic_events_crm.db"


def test_an_empty_address_on_the_command_line_does_not_fall_back_to_another_database(root: Path) -> None:
    with pytest.raises(SettingError, match=r"^DATABASE_URL \(-x url\): it is empty$"):
        load_settings(environ={}, url_override=" ")


@pytest.mark.parametrize(
    ("env_file", "expected"),
    [
        ("DATABASE_URL=sqlite:///a.db", "sqlite:///a.db"),
        ("\ufeffDATABASE_URL=sqlite:///a.db\r\nEPICEVENTS_LANG=fr\r\n", "sqlite:///a.db"),
        ("export DATABASE_URL=sqlite:///a.db\n", "sqlite:///a.db"),
        ("DATABASE_URL='sqlite:///a b.db'\n", "sqlite:///a b.db"),
        ('DATABASE_URL="sqlite:///a b.db"  # beside\n', "sqlite:///a b.db"),
        ("DATABASE_URL = sqlite:///a.db  # a comment\n", "sqlite:///a.db"),
        ("# DATABASE_URL=sqlite:///old.db\nDATABASE_URL=sqlite:///été.db\n", "sqlite:///été.db"),
        ("HOST=h\nDATABASE_URL=postgresql://u:${HOST}$HOST@h/d", "postgresql://u:${HOST}$HOST@h/d"),
        ("DATABASE_URL=postgresql://u:a#b%c@h/d\n", "postgresql://u:a#b%c@h/d"),
        ("DATABASE_URL=sqlite:///a.db\nDATABASE_URL=sqlite:///b.db\n", "sqlite:///b.db"),
    ],
)
def test_env_files_are_read_as_people_write_them(root: Path, env_file: str, expected: str) -> None:
    assert url(env_file) == expected


@pytest.mark.parametrize(
    ("env_file", "setting"),
    [
        (f"DATABASE_URL=postgresql://u:{SECRET}\xe9@h/d".encode("latin-1"), ".env"),
        (f"DATABASE_URL=postgresql://u:{SECRET}@h/d".encode("utf-16"), ".env"),
        (f"A=1\nDATABASE_URL='postgresql://u:{SECRET}@h/d\n", ".env:2"),
        (f"A=1\n\n= {SECRET}\n", ".env:3"),
    ],
)
def test_an_env_file_that_cannot_be_understood_is_refused_rather_than_ignored(
    root: Path, env_file: str | bytes, setting: str
) -> None:
    with pytest.raises(SettingError) as refused:
        read(env_file)
    assert (refused.value.setting, refused.value.source) == (setting, ".env")
    assert SECRET not in f"{refused.value!r}{refused.value}"


def test_a_link_to_nowhere_is_refused_and_a_virtual_environment_called_env_is_not(root: Path) -> None:
    (root / ".env").symlink_to(root / "nowhere")
    with pytest.raises(SettingError, match="link"):
        read()
    (root / ".env").unlink()
    (root / ".env").mkdir()
    assert url() == "sqlite:///epic_events_crm.db"


def test_an_env_that_would_never_end_is_refused_and_one_that_is_masked_is_empty(root: Path) -> None:
    os.mkfifo(root / "pipe")
    for never in (root / "pipe", Path("/dev/zero")):
        (root / ".env").symlink_to(never)
        with pytest.raises(SettingError, match=r"^\.env \(\.env\): it is not a file$"):
            read()
        (root / ".env").unlink()
    (root / ".env").symlink_to(os.devnull)
    assert url() == "sqlite:///epic_events_crm.db"


def test_an_unreadable_env_file_is_refused_rather_than_ignored(root: Path) -> None:
    """A loop of links cannot be read by anybody, not even by root."""
    (root / ".env").symlink_to(root / ".env")
    with pytest.raises(SettingError, match=r"^\.env \(\.env\): the file cannot be read$"):
        read()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("postgresql://u:100%@h/d", "postgresql://u:100%@h/d"),
        ("postgresql://u:100%%@h/d", "postgresql://u:100%@h/d"),
        ("postgresql://u:%40x%%40y@h/d", "postgresql://u:%40x%40y@h/d"),
        ("postgresql://u:%(x)s%%(here)s@h/d", "postgresql://u:%(x)s%(here)s@h/d"),
        ("sqlite:///%(here)s/data.db", "sqlite:///{here}/data.db"),
        ("postgresql://u:p;q#r@h/d", "postgresql://u:p;q#r@h/d"),
    ],
)
def test_the_address_in_alembic_ini_may_hold_percent_signs(root: Path, line: str, expected: str) -> None:
    ini = f"[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = {line}\n"
    assert url(ini=ini) == expected.format(here=root)


def test_another_section_of_another_ini_can_be_named(root: Path) -> None:
    (root / "other.ini").write_text("[alembic]\nsqlalchemy.url = a\n[second]\nsqlalchemy.url = %(here)s\n")
    found = load_settings(environ={}, ini_path=root / "other.ini", ini_section="second")
    assert found.database_url == str(root)


@pytest.mark.parametrize(
    "ini",
    [
        "[alembic]\n",
        "[alembic]\nsqlalchemy.url =\n",
        "[other]\nsqlalchemy.url = sqlite:///x.db\n",
        f"sqlalchemy.url = {SECRET}\n",
        f"[alembic]\n{SECRET}\n",
        f"[alembic]\nsqlalchemy.url = {SECRET}\nsqlalchemy.url = {SECRET}\n",
        None,
    ],
)
def test_an_alembic_ini_without_an_address_is_named(root: Path, ini: str | None) -> None:
    if ini is None:
        (root / "alembic.ini").unlink()
    with pytest.raises(SettingError) as refused:
        read(ini=ini)
    assert (refused.value.setting, refused.value.source) == ("DATABASE_URL", "alembic.ini")
    assert SECRET not in str(refused.value)


def test_alembic_ini_is_not_opened_when_the_address_is_given(root: Path) -> None:
    (root / "alembic.ini").unlink()
    assert url(DATABASE_URL="sqlite:///x.db") == "sqlite:///x.db"


@pytest.mark.parametrize(
    ("environ", "field", "value"),
    [
        ({"EPICEVENTS_PHONE_REGION": "be"}, "phone_region", "BE"),
        ({"EPICEVENTS_CURRENCY": " chf "}, "currency", "CHF"),
        ({"EPICEVENTS_TIME_ZONE": "Pacific/Efate"}, "time_zone", "Pacific/Efate"),
        ({"EPICEVENTS_LANG": "fr_CA.UTF-8"}, "language", "fr"),
        ({"SENTRY_DSN": "https://key@sentry.invalid/1"}, "sentry_dsn", "https://key@sentry.invalid/1"),
    ],
)
def test_a_setting_is_taken_from_the_environment_or_the_env_file(
    root: Path, environ: Mapping[str, str], field: str, value: str
) -> None:
    assert getattr(read(**environ), field) == value
    assert getattr(read("\n".join(f"{name}='{given}'" for name, given in environ.items())), field) == value


WRONG = {
    "EPICEVENTS_PHONE_REGION": ("XX", "France", "33", "F R"),
    "EPICEVENTS_CURRENCY": ("EUX", "€", "JPY", "KWD", "AED AFN"),
    "EPICEVENTS_TIME_ZONE": ("Paris", "Europe", "../passwd", "/etc/passwd", "UTC+25", "a\0b"),
    "EPICEVENTS_LANG": ("de", "français", "x"),
    "SENTRY_DSN": (SECRET, f"https://{SECRET}", f"https://key@sentry.invalid/{SECRET}"),
}
REASONS = {
    "EPICEVENTS_PHONE_REGION": "it must be a country's two letters, such as FR",
    "EPICEVENTS_CURRENCY": "it must be the three letters of a currency that has hundredths, such as EUR",
    "EPICEVENTS_TIME_ZONE": "it must be the name of a time zone, such as Europe/Paris",
    "EPICEVENTS_LANG": "it must be en or fr",
    "SENTRY_DSN": "it must be what Sentry gives for a project, such as https://key@host/1",
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
@pytest.mark.parametrize("source", ["environment", ".env"])
def test_a_wrong_setting_is_named_with_its_source_and_not_shown(root: Path, name: str, value: str, source: str) -> None:
    with pytest.raises(SettingError) as refused:
        read(f"{name}='{value}'") if source == ".env" else read(**{name: value})
    assert str(refused.value) == f"{name} ({source}): {REASONS[name]}"


def test_settings_are_shown_without_their_secrets() -> None:
    settings = Settings(f"postgresql://u:{SECRET}@h/d", "environment", sentry_dsn=f"https://{SECRET}@s/1")
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)


def test_every_country_that_phone_numbers_can_be_read_for_may_be_chosen() -> None:
    assert set(config.PHONE_REGIONS.split()) == set(phonenumbers.SUPPORTED_REGIONS)


def test_the_currencies_exist_and_have_hundredths() -> None:
    currencies = config.CURRENCIES.split()
    assert set(currencies) <= list_currencies()
    assert {get_currency_precision(code) for code in ("EUR", "CHF", "GBP", "USD", "XPF", "JPY", "TND")} == {0, 2, 3}
    assert set(currencies) & {"XPF", "JPY", "TND", "KRW", "KWD", "XOF", "XAF"} == set()
    assert [code for code in currencies if get_currency_precision(code) == 3] == []


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "fr_BE"}, "fr"),
        ({"EPICEVENTS_LANG": "en", "LC_ALL": "fr_FR"}, "en"),
        ({"LANG": "C.UTF-8"}, None),
        ({"LANG": "de_DE"}, None),
        ({}, None),
    ],
)
def test_the_environment_says_which_language_to_answer_in(environ: Mapping[str, str], language: str | None) -> None:
    assert config.language_of_environment(environ) == language


def test_reading_the_settings_needs_no_library_where_the_environment_gives_them() -> None:
    """Every start pays for what this imports."""
    code = (
        "import sys; from src.config import load_settings; load_settings();"
        " print(*{'dotenv', 'configparser', 'zoneinfo', 'sqlalchemy', 'alembic', 'logging'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "DATABASE_URL": "sqlite:///x.db"},
        capture_output=True,
        text=True,
        check=True,
    )
    # A .env of the person who runs the tests brings its reader along.
    allowed = {"dotenv", "logging"} if (Path(__file__).parent.parent / ".env").is_file() else set()
    assert set(done.stdout.split()) <= allowed
