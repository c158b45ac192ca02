"""Reads and writes databases as a user who owns nothing, because root may write what is read-only.

`python -m tests.db.as_somebody_else WARM FILE` opens WARM (everything is loaded then), drops root's rights if it has
them, tries FILE, and prints how each attempt ended.
"""

import json
import os
import pwd
import sys

from sqlalchemy import make_url, text

from src.db.session import Database
from src.domain.errors import CrmError


def attempt(file: str, *, writing: bool) -> str:
    """Name the refusal, or `done`."""
    database = Database(make_url(f"sqlite:///{file}"))
    try:
        with database.writing() if writing else database.reading() as session:
            session.scalar(text("SELECT count(*) FROM users"))
            if writing:
                session.execute(text("UPDATE alembic_version SET version_num = version_num"))
    except CrmError as refusal:
        return f"{type(refusal).__name__}: {refusal}"
    finally:
        database.close()
    return "done"


if __name__ == "__main__":
    warm, tried = sys.argv[1:]
    assert attempt(warm, writing=False) == "done"
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
    sys.stdout.write(json.dumps({"reading": attempt(tried, writing=False), "writing": attempt(tried, writing=True)}))
