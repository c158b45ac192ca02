"""The ground every test stands on; each part has its own file."""

import contextlib
import gc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.quick_files import keep_files_in_memory
from tests.shared_server import RUN_FOLDER, run_folder

pytest_plugins = ["tests.databases", "tests.isolation", "tests.program"]

# No deadline: how long an example takes depends on the machine. `make fuzz` runs the long profile.
settings.register_profile("short", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("short"), max_examples=10_000)
settings.load_profile("short")


def pytest_configure(config: pytest.Config) -> None:
    """Open the folder that all processes of this test run share; the first process owns it."""
    keep_files_in_memory()
    given = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[RUN_FOLDER] = Path(given["run_folder"])
        return
    ending = contextlib.ExitStack()
    config.add_cleanup(ending.close)
    config.stash[RUN_FOLDER] = ending.enter_context(run_folder())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: at the end no process waits for another one's longest test."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Leave the tests themselves out of the search for garbage, which would take a tenth of the run."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker process which folder this test run shares."""
    node.workerinput["run_folder"] = str(node.config.stash[RUN_FOLDER])
