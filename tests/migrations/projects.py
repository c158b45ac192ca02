"""Copies of the project's folder, for tests that write revisions or lay their own."""

import shutil
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# It changes no table: with it a database can be one revision behind and still agree with the models.
NOTHING = '''"""Change nothing

Revision ID: {revision}
Revises: {after}
"""

revision = "{revision}"
down_revision = "{after}"


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
'''


def copy_project(folder: Path) -> Path:
    """Lay a project folder with this project's code, configuration and revisions, and no database."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "src").symlink_to(PROJECT / "src")
    for name in ("alembic.ini", "pyproject.toml"):
        shutil.copyfile(PROJECT / name, folder / name)
    shutil.copytree(PROJECT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def add_revision(
    project: Path, revision: str, *, after: str, upgrade: str = "pass", downgrade: str = "pass", imports: str = ""
) -> None:
    """Write a revision file."""
    text = NOTHING.format(revision=revision, after=after, upgrade=upgrade, downgrade=downgrade)
    text = text.replace("\nrevision =", f"\n{imports}\nrevision =", 1)
    (project / "migrations" / "versions" / f"{revision}.py").write_text(text, encoding="utf-8")
