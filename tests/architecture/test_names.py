"""One noun has one name in every layer, so that `ls src/*/contracts.py` shows everything about contracts."""

import re

import pytest

from tests.architecture.source import SRC

NOUNS = {"client": "clients", "contract": "contracts", "event": "events", "user": "users"}

# Words that name no duty, and so collect everything.
VAGUE = {"base_manager", "common", "handler", "handlers", "helper", "helpers", "manager", "managers", "misc"}
VAGUE |= {"process", "processor", "util", "utils"}


@pytest.mark.parametrize(("singular", "plural"), NOUNS.items())
def test_each_noun_has_the_same_file_name_in_every_layer(singular: str, plural: str) -> None:
    wanted = [f"models/{singular}.py", f"services/{plural}.py", f"cli/{plural}.py"]
    assert [name for name in wanted if not (SRC / name).is_file()] == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = [str(path.relative_to(SRC)) for path in SRC.rglob("*.py") if VAGUE & set(re.split(r"[_.]", path.name))]
    assert vague == []
