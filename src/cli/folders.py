"""Where this program keeps its own files on a person's computer, as each system wants it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from src.cli.errors import LocalFileError
from src.i18n import N_

_NAME = "epicevents"


def config_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Give the folder of the session files."""
    return _folder(
        environment, xdg="XDG_CONFIG_HOME", unix=".config", mac="Library/Application Support", windows="APPDATA"
    )


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Give the folder of the error log."""
    return _folder(environment, xdg="XDG_STATE_HOME", unix=".local/state", mac="Library/Logs", windows="LOCALAPPDATA")


def _folder(environment: Mapping[str, str], *, xdg: str, unix: str, mac: str, windows: str) -> Path:
    chosen = environment.get(xdg, "")
    # The XDG rules: a relative path is to be ignored.
    if chosen and Path(chosen).is_absolute():
        return Path(chosen) / _NAME
    if sys.platform == "win32" and environment.get(windows):
        return Path(environment[windows]) / _NAME
    return _home(environment, setting=xdg) / (mac if sys.platform == "darwin" else unix) / _NAME


def _home(environment: Mapping[str, str], *, setting: str) -> Path:
    home = environment.get("HOME", "")
    if not home:
        try:
            home = str(Path.home())
        except RuntimeError:
            home = ""
    if not Path(home).is_absolute():
        raise LocalFileError(
            N_("Your home folder is unknown: set HOME, or {setting} to a folder of your own."), setting=setting
        )
    return Path(home)
