"""Whether a database is what its migrations make it: everything it is made of, on both engines."""

from collections.abc import Sequence

from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from src.schema.drift.differences import Difference, Sort, compare
from src.schema.drift.reference import objects_in, reference


def find_drift(connection: Connection, scripts: ScriptDirectory, revisions: Sequence[str]) -> list[Difference]:
    """Compare an open database with what the migrations up to these revisions make; nothing in it is changed.

    Raises DatabaseError if the migrations cannot be tried out.
    """
    found, schema = objects_in(connection)
    with reference(connection.engine.url, scripts, revisions, schema=schema) as expected:
        differences = compare([expected.objects], found)
        if differences and expected.restated is not None:
            differences = compare([expected.objects, expected.restated()], found)
    return differences


def closest_revision(connection: Connection, scripts: ScriptDirectory) -> tuple[str, list[Difference]]:
    """Find the newest revision whose tables these are; if they are no revision's, the newest and what differs from it.

    Raises DatabaseError if the migrations cannot be tried out.
    """
    found, schema = objects_in(connection)
    heads = scripts.get_heads()
    with reference(connection.engine.url, scripts, heads, schema=schema, keep_each=True) as expected:
        newest_first = list(reversed(expected.after))
        differences = {revision: compare([expected.after[revision]], found) for revision in newest_first}
    for revision in newest_first:
        # Where something is written differently, it may all the same mean what it should.
        if differences[revision] and all(one.sort is Sort.CHANGED for one in differences[revision]):
            differences[revision] = find_drift(connection, scripts, [revision])
        if not differences[revision]:
            return revision, []
    return newest_first[0], differences[newest_first[0]]
