"""How the tables of a database differ from the models, in words short enough for a refusal."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.pool import NullPool

from src.schema.autogenerate import PLUGINS, in_words

NAMES = {
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
AS_FOUND = """
CREATE TABLE rooms (id INTEGER NOT NULL, name VARCHAR(10), size INTEGER DEFAULT 1 NOT NULL, colour VARCHAR(5),
    CONSTRAINT pk_rooms PRIMARY KEY (id), CONSTRAINT ck_size CHECK (size > 0));
CREATE INDEX ix_old ON rooms (colour);
CREATE TABLE chairs (id INTEGER NOT NULL, room_id INTEGER, CONSTRAINT pk_chairs PRIMARY KEY (id));
CREATE TABLE ghosts (id INTEGER NOT NULL, CONSTRAINT pk_ghosts PRIMARY KEY (id));
"""


def as_modelled() -> sa.MetaData:
    """What the models say the same tables are."""
    metadata = sa.MetaData(naming_convention=NAMES)
    sa.Table(
        "rooms",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("size", sa.Integer, nullable=False, server_default="2"),
        sa.Column("floor", sa.Integer),
        sa.CheckConstraint("size < 9", name="ck_small"),
        sa.Index("ix_floor", "floor"),
    )
    sa.Table(
        "chairs",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("room_id", sa.Integer, sa.ForeignKey("rooms.id")),
    )
    sa.Table("tables", metadata, sa.Column("id", sa.Integer, primary_key=True), comment="furniture")
    return metadata


EXPECTED = [
    "+ghosts",
    "+rooms.colour",
    "+rooms: ck_size",
    "+rooms: ix_old",
    "rooms.name (nullable)",
    "rooms.name (type)",
    "rooms.size (default)",
    "−chairs: fk_chairs_room_id",
    "−rooms.floor",
    "−rooms: ck_small",
    "−rooms: ix_floor",
    "−rooms: uq_rooms_name",
    "−tables",
]


def differences(url: str) -> list[str]:
    """What Alembic finds, in words."""
    options = {"compare_server_default": True, "autogenerate_plugins": PLUGINS}
    with sa.create_engine(url, poolclass=NullPool).connect() as connection:
        return in_words(compare_metadata(MigrationContext.configure(connection, opts=options), as_modelled()))


def test_every_kind_of_difference_has_its_words(database_url: str) -> None:
    with sa.create_engine(database_url, poolclass=NullPool).begin() as connection:
        for statement in AS_FOUND.split(";")[:-1]:
            connection.exec_driver_sql(statement)
    assert differences(database_url) == EXPECTED


def test_a_comment_on_a_table_is_a_difference_too(postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url, poolclass=NullPool)
    with engine.begin() as connection:
        as_modelled().create_all(connection)
        connection.exec_driver_sql("COMMENT ON TABLE tables IS NULL")
        connection.exec_driver_sql("COMMENT ON TABLE rooms IS 'ours'")
    assert differences(postgres_url) == ["+rooms (comment)", "−tables (comment)"]
    with engine.begin() as connection:
        connection.exec_driver_sql("COMMENT ON TABLE tables IS 'other'")
        connection.exec_driver_sql("COMMENT ON COLUMN rooms.name IS 'plate on the door'")
    assert differences(postgres_url) == ["+rooms (comment)", "rooms.name (comment)", "−tables (comment)"]
