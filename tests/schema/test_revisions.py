"""The revisions are read from their files as Alembic reads them, without starting it."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from src.domain.errors import DatabaseError
from src.schema.revision_text import parsed
from src.schema.revisions import head_revision, known_revisions, read_history
from src.services import CRM

PROJECT = Path(__file__).resolve().parents[2]


def write(folder: Path, name: str, text: str) -> None:
    """Write a file among the revisions."""
    (folder / name).write_text(text, encoding="utf-8")


def as_alembic_reads(versions: Path) -> tuple[set[str], list[str]]:
    """All revisions and the heads, asked from Alembic."""
    config = Config()
    config.set_main_option("script_location", str(PROJECT / "migrations"))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    return {script.revision for script in scripts.walk_revisions()}, sorted(scripts.get_heads())


def test_the_project_has_one_head_and_alembic_agrees() -> None:
    known, heads = as_alembic_reads(CRM.versions)
    assert known_revisions(CRM.versions) == known
    assert [head_revision(CRM.versions)] == heads


def test_every_way_to_write_a_revision_is_read(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "revision: str = 'a1'\ndown_revision: str | None = None  # the 'first' one\n")
    write(tmp_path, "b.py", '"""revision = "no"\n"""\nrevision = "b1"\ndown_revision = "a1"\n')
    write(tmp_path, "c.py", "revision='c1'\ndown_revision='a1'\n")
    write(tmp_path, "d.py", "revision = 'd1'\ndown_revision = (\n    'b1',\n    'c1',\n)\ndepends_on = 'a1'\n")
    write(tmp_path, "e.py", "from typing import Union\nrevision = 'e1'\ndown_revision: Union[str, None] = 'd1'\n")
    write(tmp_path, "__init__.py", "")
    write(tmp_path, "notes.txt", "revision = 'x'")
    write(tmp_path, ".#a.py", "revision = 'x'\ndown_revision = None\n")
    assert read_history(tmp_path).parents == {
        "a1": (),
        "b1": ("a1",),
        "c1": ("a1",),
        "d1": ("b1", "c1"),
        "e1": ("d1",),
    }
    assert (set(known_revisions(tmp_path)), [head_revision(tmp_path)]) == as_alembic_reads(tmp_path)


def test_two_heads_are_named_with_the_way_to_join_them(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "revision = 'a1'\ndown_revision = None\n")
    write(tmp_path, "b.py", "revision = 'b1'\ndown_revision = 'a1'\n")
    write(tmp_path, "c.py", "revision = 'c1'\ndown_revision = 'a1'\n")
    with pytest.raises(DatabaseError) as refused:
        head_revision(tmp_path)
    assert str(refused.value) == "The migrations have several heads (b1, c1). Join them with: alembic merge heads"


def test_no_revision_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="has no migrations"):
        head_revision(tmp_path)


def test_a_file_that_is_not_a_revision_is_named(tmp_path: Path) -> None:
    write(tmp_path, "oops.py", "print('hello')\n")
    with pytest.raises(DatabaseError, match=r"oops\.py does not say which revision it is"):
        read_history(tmp_path)


def test_a_file_that_is_missing_between_others_is_named(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "revision = 'a1'\ndown_revision = None\n")
    write(tmp_path, "c.py", "revision = 'c1'\ndown_revision = 'b1'\n")
    with pytest.raises(DatabaseError, match=r"file of revision b1 is missing; c\.py follows it"):
        read_history(tmp_path)


def test_a_file_with_the_mark_of_some_editors_is_python(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"\xef\xbb\xbfrevision = 'a1'\n")
    assert len(parsed(file).body) == 1


def test_a_file_that_is_no_text_is_named_by_who_reads_it(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "revision = 'a1'\ndown_revision = None\nplace = 'caf\N{LATIN SMALL LETTER E WITH ACUTE}'\n")
    file = tmp_path / "a.py"
    file.write_bytes(file.read_bytes().replace(b"\xc3\xa9", b"\xe9"))
    assert read_history(tmp_path).heads == ("a1",)
    with pytest.raises(DatabaseError, match=r"file a\.py is no Python"):
        parsed(file)


def test_asking_does_not_start_alembic() -> None:
    code = (
        "import sys; from src.schema.state import require_current; from src.schema.revisions import head_revision;"
        " from src.services import CRM;"
        " import src.schema.upgrade; head_revision(CRM.versions);"
        " print(sorted(m for m in sys.modules if m.startswith('alembic')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
