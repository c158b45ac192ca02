"""The settings of this installation: read from one place each, checked, and never shown with their secrets.

Each setting comes from the environment or, if it is not there, from the `.env` file at the root of the project; the
database's address may also be given on Alembic's command line (`-x url=…`, before all others) and stands in alembic.ini
(after all others). An empty value counts as not given. Only the edges and migrations/env.py read this module.
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from src.i18n import N_, language_of

# Not resolved: a tree that links to this `src` is a project of its own, with its own .env and its own database.
PROJECT_ROOT = Path(__file__).absolute().parent.parent

FROM_COMMAND_LINE = "-x url"
FROM_ENVIRONMENT = "environment"
FROM_ENV_FILE = ".env"
FROM_INI = "alembic.ini"

PHONE_REGIONS = (
    "AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA "
    "CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR "
    "GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP "
    "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR "
    "MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO "
    "RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TG TH TJ TK TL TM TN TO TR TT "
    "TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
)
# Those whose amounts have hundredths: money is stored in hundredths, so a yen or a dinar would be shown wrong.
CURRENCIES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC "
    "CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD "
    "KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR "
    "NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT "
    "TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG"
)

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
# A name or an address as a browser sends it, without the port.
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]")

_SENTRY_ADDRESS = re.compile(r"https?://[^/@:\s]+(:[^/@\s]*)?@[^/@\s]+(/[^/\s]+)*/\d+")


class SettingError(ValueError):
    """A setting cannot be used. Its value is not told: it may be a secret.

    `reason` is a marked sentence; the edges turn this into `domain.errors.WrongSetting`.
    """

    def __init__(self, setting: str, source: str, reason: str) -> None:
        self.setting, self.source, self.reason = setting, source, reason
        super().__init__(f"{setting} ({source}): {reason}")


@dataclass(frozen=True)
class Settings:
    """What this installation was told: where its database is, and how phones, money and times are meant here."""

    database_url: str = field(repr=False)
    database_url_source: str
    phone_region: str = "FR"
    currency: str = "EUR"
    time_zone: str = "Europe/Paris"
    language: str | None = None
    sentry_dsn: str | None = field(default=None, repr=False)
    # Departments whose members may do nothing before they have set up the second factor.
    two_factor_for: tuple[str, ...] = ()
    # The names under which browsers reach this installation; any other is refused.
    hosts: tuple[str, ...] = LOOPBACK_HOSTS
    # Where backups go (relative to the project; None: beside the database) and how many of them stay for how long.
    backup_folder: str | None = None
    backup_count: int = 20
    backup_days: int = 90
    # How many requests a minute each token may make of one process.
    api_rate: int = 600
    # Whether changes may be sent into a network of our own.
    webhooks_allow_private: bool = False


def load_settings(
    *,
    environ: Mapping[str, str] | None = None,
    url_override: str | None = None,
    ini_path: str | Path | None = None,
    ini_section: str = "alembic",
) -> Settings:
    """Read this installation's settings, each from the first place that gives it.

    `url_override` is the database's address from a command line. Raises SettingError.
    """
    given = _Given(os.environ if environ is None else environ, _read_env_file(PROJECT_ROOT / ".env"))
    url, source = _database_url(given, url_override, Path(ini_path or PROJECT_ROOT / "alembic.ini"), ini_section)
    return Settings(
        database_url=url,
        database_url_source=source,
        phone_region=_phone_region(given),
        currency=_currency(given),
        time_zone=_time_zone(given),
        language=_language(given),
        sentry_dsn=_sentry_dsn(given),
        two_factor_for=_two_factor_for(given),
        hosts=_hosts(given),
        backup_folder=_backup_folder(given),
        backup_count=_whole_number("BACKUP_COUNT", given.find("BACKUP_COUNT"), default=20),
        backup_days=_whole_number("BACKUP_DAYS", given.find("BACKUP_DAYS"), default=90),
        api_rate=_whole_number("EPICEVENTS_API_RATE", given.find("EPICEVENTS_API_RATE"), default=600),
        webhooks_allow_private=_is_on("WEBHOOKS_ALLOW_PRIVATE", given.find("WEBHOOKS_ALLOW_PRIVATE")),
    )


def language_of_environment(environ: Mapping[str, str]) -> str | None:
    """Tell which language the environment asks for, if we speak it (for what is said before the settings are read)."""
    for name in ("EPICEVENTS_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return language_of(environ[name])
    return None


@dataclass(frozen=True)
class _Given:
    environment: Mapping[str, str]
    env_file: Mapping[str, str]

    def find(self, name: str) -> tuple[str, str] | None:
        for values, source in ((self.environment, FROM_ENVIRONMENT), (self.env_file, FROM_ENV_FILE)):
            if value := values.get(name, "").strip():
                return value, source
        return None


def _database_url(given: _Given, override: str | None, ini_path: Path, ini_section: str) -> tuple[str, str]:
    if override is not None:
        if not override.strip():
            # `-x url=$URL` with URL unset must not fall back to another database.
            raise SettingError("DATABASE_URL", FROM_COMMAND_LINE, N_("it is empty"))
        return override.strip(), FROM_COMMAND_LINE
    if found := given.find("DATABASE_URL"):
        return found
    return _url_in_ini(ini_path, ini_section), FROM_INI


def _phone_region(given: _Given) -> str:
    value, source = given.find("EPICEVENTS_PHONE_REGION") or ("FR", "")
    if value.upper() not in PHONE_REGIONS.split():
        raise SettingError("EPICEVENTS_PHONE_REGION", source, N_("it must be a country's two letters, such as FR"))
    return value.upper()


def _currency(given: _Given) -> str:
    value, source = given.find("EPICEVENTS_CURRENCY") or ("EUR", "")
    if value.upper() not in CURRENCIES.split():
        reason = N_("it must be the three letters of a currency that has hundredths, such as EUR")
        raise SettingError("EPICEVENTS_CURRENCY", source, reason)
    return value.upper()


def _time_zone(given: _Given) -> str:
    found = given.find("EPICEVENTS_TIME_ZONE")
    if found is None:
        return "Europe/Paris"
    value, source = found
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - most installations keep the default, and every start would pay

    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        # KeyError: no such zone; ValueError: not a name ("../x"); OSError: a folder ("Europe").
        reason = N_("it must be the name of a time zone, such as Europe/Paris")
        raise SettingError("EPICEVENTS_TIME_ZONE", source, reason) from None
    return value


def _language(given: _Given) -> str | None:
    found = given.find("EPICEVENTS_LANG")
    if found is None:
        return None
    value, source = found
    language = language_of(value)
    if language is None:
        raise SettingError("EPICEVENTS_LANG", source, N_("it must be en or fr"))
    return language


def _two_factor_for(given: _Given) -> tuple[str, ...]:
    found = given.find("EPICEVENTS_TWO_FACTOR_FOR")
    if found is None:
        return ()
    value, source = found
    departments = tuple(word.strip().upper() for word in value.split(","))
    if not set(departments) <= {"SALES", "SUPPORT", "MANAGEMENT"}:
        reason = N_("it must name departments: sales, support, management, separated by commas")
        raise SettingError("EPICEVENTS_TWO_FACTOR_FOR", source, reason)
    return departments


def _hosts(given: _Given) -> tuple[str, ...]:
    found = given.find("EPICEVENTS_HOSTS")
    if found is None:
        return LOOPBACK_HOSTS
    value, source = found
    names = tuple(word.strip().lower() for word in value.split(","))
    if not all(_HOST.fullmatch(name) for name in names):
        reason = N_("it must be host names such as crm.example.com, without a port, separated by commas")
        raise SettingError("EPICEVENTS_HOSTS", source, reason)
    # Whoever works on the server itself may always look.
    return tuple(dict.fromkeys((*LOOPBACK_HOSTS, *names)))


def _backup_folder(given: _Given) -> str | None:
    found = given.find("BACKUP_FOLDER")
    if found is None:
        return None
    value, source = found
    if value.startswith("~"):
        raise SettingError("BACKUP_FOLDER", source, N_("~ is not replaced by a home folder here; write the full path"))
    return value


def _whole_number(setting: str, found: tuple[str, str] | None, *, default: int) -> int:
    if found is None:
        return default
    value, source = found
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:6]) <= 99_999):
        raise SettingError(setting, source, N_("it must be a whole number from 1 to 99999"))
    return int(value)


def _is_on(setting: str, found: tuple[str, str] | None) -> bool:
    value, source = found or ("0", "")
    if value not in {"0", "1"}:
        raise SettingError(setting, source, N_("it must be 1 for yes or 0 for no"))
    return value == "1"


def _sentry_dsn(given: _Given) -> str | None:
    found = given.find("SENTRY_DSN")
    if found is None:
        return None
    value, source = found
    if not _SENTRY_ADDRESS.fullmatch(value):
        raise SettingError(
            "SENTRY_DSN", source, N_("it must be what Sentry gives for a project, such as https://key@host/1")
        )
    from importlib.util import find_spec  # noqa: PLC0415 - only for the few who have set this

    if find_spec("sentry_sdk") is None:
        raise SettingError(
            "SENTRY_DSN", source, N_("it needs a package that is not installed: poetry install --extras sentry")
        )
    return value


def _read_env_file(path: Path) -> dict[str, str]:
    try:
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir() and not path.samefile(os.devnull):
            # A pipe would be waited for without end, and some devices never end.
            raise SettingError(".env", FROM_ENV_FILE, N_("it is not a file"))
        content = path.read_bytes()
    except FileNotFoundError:
        if path.is_symlink():
            raise SettingError(".env", FROM_ENV_FILE, N_("it is a link to a file that does not exist")) from None
        return {}
    except IsADirectoryError:
        return {}  # a virtual environment, probably: some people call theirs .env
    except OSError:
        # Going on without it would quietly use another database.
        raise SettingError(".env", FROM_ENV_FILE, N_("the file cannot be read")) from None
    from dotenv.parser import parse_stream  # noqa: PLC0415 - 20 ms that installations without a .env need not pay

    values: dict[str, str] = {}
    # The parser that dotenv_values(interpolate=False) uses; it alone tells which line it could not read.
    for line in parse_stream(StringIO(_text(content, ".env", FROM_ENV_FILE))):
        if line.error:
            # What the parser could not read begins with the empty lines before it.
            skipped = len(line.original.string) - len(line.original.string.lstrip())
            number = line.original.line + line.original.string[:skipped].count("\n")
            raise SettingError(f".env:{number}", FROM_ENV_FILE, N_("this line cannot be read as NAME=value"))
        if line.key is not None:
            values[line.key] = line.value or ""
    return values


def _url_in_ini(path: Path, section: str) -> str:
    # Read raw: a "%" in a password is an error to ConfigParser's interpolation, and its message shows the password.
    from configparser import Error, RawConfigParser  # noqa: PLC0415 - not needed where DATABASE_URL is set

    parser = RawConfigParser()
    try:
        parser.read_string(_text(path.read_bytes(), "DATABASE_URL", FROM_INI))
    except (FileNotFoundError, NotADirectoryError):
        raise SettingError("DATABASE_URL", FROM_INI, N_("it is not set, and there is no alembic.ini")) from None
    except OSError:
        raise SettingError("DATABASE_URL", FROM_INI, N_("the file cannot be read")) from None
    except Error:
        raise SettingError("DATABASE_URL", FROM_INI, N_("the file is not a valid .ini file")) from None
    url = parser.get(section, "sqlalchemy.url", fallback="").strip()
    if not url:
        raise SettingError("DATABASE_URL", FROM_INI, N_("it is not set, and alembic.ini has no sqlalchemy.url"))
    folder = path.absolute().parent.as_posix()
    return re.sub(r"%%|%\(here\)s", lambda match: "%" if match[0] == "%%" else folder, url)


def _text(content: bytes, setting: str, source: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingError(setting, source, N_("the file is not UTF-8 text; save it as UTF-8")) from None
