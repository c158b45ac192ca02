"""Every rule of the migration linter finds its bad example, and leaves the safe way of writing it alone."""

from pathlib import Path
from textwrap import dedent, indent

import pytest

from src.schema.lint import lint_environment, lint_history, lint_revision, release
from src.schema.lint.findings import RULES

DOWN = "\ndef downgrade():\n    op.drop_column('t', 'c')\n"
BLOCK = "with op.get_context().autocommit_block():"

# rule -> (a bad upgrade, the same done safely)
UPGRADES: dict[str, tuple[str, str]] = {
    "batch-from-python": (
        "with op.batch_alter_table('t', copy_from=t) as batch:\n    batch.add_column(sa.Column('a', sa.Integer()))",
        "with op.batch_alter_table('t') as batch:\n    batch.add_column(sa.Column('a', sa.Integer()))",
    ),
    "drop-table": ("op.drop_table('old')", "op.set_aside_table('old')"),
    "drop-column": ("op.drop_column('t', 'fax')", "op.set_aside_column('t', 'fax')"),
    "rename": (
        "op.alter_column('t', 'a', new_column_name='b')",
        "op.alter_column('t', 'a', type_=sa.String(50), existing_type=sa.String(20))",
    ),
    "looks-like-rename": (
        "op.drop_column('t', 'a')\nop.add_column('t', sa.Column('b', sa.String(20)))",
        "op.add_column('t', sa.Column('b', sa.String(20)))",
    ),
    "not-null-without-default": (
        "op.add_column('t', sa.Column('a', sa.Integer(), nullable=False))",
        "op.add_column('t', sa.Column('a', sa.Integer(), nullable=False, server_default='0'))",
    ),
    "type-narrowing": (
        "op.alter_column('t', 'a', existing_type=sa.String(50), type_=sa.String(20))",
        "op.alter_column('t', 'a', type_=sa.Integer(), convert='length(a)', convert_back='zeros(a)')",
    ),
    "volatile-default": (
        "op.add_column('t', sa.Column('a', sa.Uuid(), server_default=sa.text('gen_random_uuid()')))",
        "op.add_column('t', sa.Column('a', sa.Integer(), server_default=sa.text('0')))",
    ),
    "index-not-concurrent": (
        "op.create_index('ix_t_a', 't', ['a'])",
        f"{BLOCK}\n    op.create_index('ix_t_a', 't', ['a'], postgresql_concurrently=True)",
    ),
    "concurrently-in-transaction": (
        "op.create_index('ix_t_a', 't', ['a'], postgresql_concurrently=True)",
        f"{BLOCK}\n    op.create_index('ix_t_a', 't', ['a'], postgresql_concurrently=True)",
    ),
    "constraint-without-not-valid": (
        "op.create_check_constraint('ck_t_a', 't', 'a > 0')",
        "op.create_check_constraint('ck_t_a', 't', 'a > 0', postgresql_not_valid=True)",
    ),
    "unnamed-check": (
        "op.create_table('new', sa.Column('a', sa.Integer()), sa.CheckConstraint('a > 0'))",
        "op.create_table('new', sa.Column('a', sa.Integer()), sa.CheckConstraint('a > 0', name='ck_new_a'))",
    ),
    "backfill-with-ddl": (
        "op.add_column('t', sa.Column('a', sa.Integer()))\nop.execute(sa.update(t).values(a=1))",
        "op.execute(sa.update(t).values(a=1))",
    ),
    "raw-sql-without-dialect": (
        "op.execute('UPDATE t SET a = 1')",
        "if op.get_context().dialect.name == 'sqlite':\n    op.execute('UPDATE t SET a = 1')",
    ),
}


def revision(folder: Path, upgrade: str, *, downgrade: str = DOWN, head: str = "") -> Path:
    file = folder / "0001_example.py"
    body = indent(dedent(upgrade), "    ")
    file.write_text(f"import sqlalchemy as sa\nfrom alembic import op\n{head}\n\ndef upgrade():\n{body}\n{downgrade}")
    return file


def rules_found(file: Path) -> set[str]:
    return {finding.rule for finding in lint_revision(file)}


@pytest.mark.parametrize("rule", UPGRADES)
def test_the_bad_example_is_found_and_the_safe_one_is_not(rule: str, tmp_path: Path) -> None:
    bad, good = UPGRADES[rule]

    assert rule in rules_found(revision(tmp_path, bad))
    assert rules_found(revision(tmp_path, good)) == set()


def test_every_rule_has_an_example() -> None:
    elsewhere = {"no-downgrade", "statement-before-configure", "edited-revision", "stale-suppression"}

    assert set(UPGRADES) | elsewhere == set(RULES)


@pytest.mark.parametrize(
    "downgrade",
    ["", "\ndef downgrade():\n    pass\n", "\ndef downgrade():\n    'Nothing.'\n", "\ndef downgrade():\n    raise X\n"],
)
def test_a_revision_without_a_way_back_is_found(downgrade: str, tmp_path: Path) -> None:
    assert rules_found(revision(tmp_path, "op.add_column('t', sa.Column('a'))", downgrade=downgrade)) == {
        "no-downgrade"
    }


def test_a_revision_that_changes_nothing_needs_no_way_back(tmp_path: Path) -> None:
    assert rules_found(revision(tmp_path, "pass", downgrade="\ndef downgrade():\n    pass\n")) == set()


@pytest.mark.parametrize("step", ["op.drop_table('old')", "op.drop_column('t', 'fax')", "op.rename_table('a', 'b')"])
def test_a_declared_contract_step_may_drop_and_rename(step: str, tmp_path: Path) -> None:
    assert rules_found(revision(tmp_path, step, head="contract_step = 'unused since 0007'")) == set()
    assert rules_found(revision(tmp_path, step, head="contract_step = ''")) != set()


def test_a_column_set_aside_while_another_comes_looks_like_a_rename_too(tmp_path: Path) -> None:
    upgrade = "op.set_aside_column('t', 'a')\nop.add_column('t', sa.Column('b', sa.String(20)))"

    assert rules_found(revision(tmp_path, upgrade)) == {"looks-like-rename"}


def test_a_purge_has_no_way_back(tmp_path: Path) -> None:
    purge = "op.purge_set_aside('t', 'a', because='unused since 0007')"
    nothing = "\ndef downgrade():\n    pass\n"

    assert rules_found(revision(tmp_path, purge, downgrade=nothing)) == set()
    more = f"{purge}\nop.add_column('t', sa.Column('b', sa.String(20)))"
    assert rules_found(revision(tmp_path, more, downgrade=nothing)) == {"no-downgrade"}


def test_what_happens_to_a_table_of_the_same_revision_is_free(tmp_path: Path) -> None:
    upgrade = """
        op.create_table("new", sa.Column("a", sa.Integer()))
        op.create_index("ix_new_a", "new", ["a"])
        op.add_column("new", sa.Column("b", sa.Integer(), nullable=False))
    """

    assert rules_found(revision(tmp_path, upgrade)) == set()


def test_steps_in_batches_and_in_helper_functions_are_read_too(tmp_path: Path) -> None:
    upgrade = """
        with op.batch_alter_table("t") as batch:
            batch.drop_column("fax")
        _more()
    """
    file = revision(tmp_path, upgrade, head="def _more():\n    op.drop_table('old')\n")

    assert {(finding.rule, finding.what) for finding in lint_revision(file)} == {
        ("drop-column", "t.fax"),
        ("drop-table", "old"),
    }


def test_one_line_can_be_excused_with_a_reason_and_only_where_the_rule_applies(tmp_path: Path) -> None:
    narrowing = "op.alter_column('t', 'a', existing_type=sa.String(9), type_=sa.String(3))"

    assert rules_found(revision(tmp_path, f"{narrowing}  # lint: type-narrowing: three letters since 0007")) == set()
    assert rules_found(revision(tmp_path, f"{narrowing}  # lint: type-narrowing:")) == {"type-narrowing"}
    assert rules_found(revision(tmp_path, f"{narrowing}  # lint: drop-table: because")) == {
        "type-narrowing",
        "stale-suppression",
    }


@pytest.mark.parametrize(
    ("old", "new", "loses"),
    [
        ("sa.Integer()", "sa.BigInteger()", False),
        ("sa.BigInteger()", "sa.Integer()", True),
        ("sa.Text()", "sa.String(100)", True),
        ("sa.String()", "sa.String(100)", True),
        ("sa.String(100)", "sa.String()", False),
        ("sa.Numeric(10, 2)", "sa.Numeric(12, 2)", False),
        ("sa.Numeric(10, 2)", "sa.Numeric(10, 4)", True),
        ("sa.Numeric(10, 2)", "sa.Numeric(10, 1)", True),
        ("sa.String(10)", "sa.DateTime()", True),
        ("sa.DateTime()", "sa.Date()", True),
        ("sa.VARCHAR(length=10)", "sa.String(length=20)", False),
        ("None", "sa.Integer()", True),
    ],
)
def test_only_types_that_hold_every_value_are_safe(old: str, new: str, loses: bool, tmp_path: Path) -> None:  # noqa: FBT001 - given by name
    given = "" if old == "None" else f"existing_type={old}, "
    file = revision(tmp_path, f"op.alter_column('t', 'a', {given}type_={new})")

    assert ("type-narrowing" in rules_found(file)) == loses


def test_a_statement_before_configure_is_found(tmp_path: Path) -> None:
    file = tmp_path / "env.py"
    file.write_text("connection.execute('PRAGMA x')\ncontext.configure(connection=connection)\n")
    assert [finding.rule for finding in lint_environment(file)] == ["statement-before-configure"]

    file.write_text("context.configure(connection=connection)\nconnection.execute('PRAGMA x')\n")
    assert lint_environment(file) == []


def test_a_released_revision_that_was_edited_or_removed_is_found_by_its_name(tmp_path: Path) -> None:
    file = revision(tmp_path, "op.add_column('t', sa.Column('a', sa.Integer()))")
    release(tmp_path)
    assert lint_history(tmp_path) == []

    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert lint_history(tmp_path) == []

    file.write_bytes(file.read_bytes().replace(b"'a'", b"'b'"))
    assert [(finding.rule, finding.file) for finding in lint_history(tmp_path)] == [("edited-revision", file.name)]

    file.unlink()
    assert [(finding.rule, finding.file) for finding in lint_history(tmp_path)] == [("edited-revision", file.name)]


def test_a_finding_says_where_what_and_how_to_write_it_safely(tmp_path: Path) -> None:
    [finding] = lint_revision(revision(tmp_path, "op.drop_column('t', 'fax')"))

    assert str(finding).startswith(
        "0001_example.py:6: drop-column: t.fax is dropped with its values. Stop using it first"
    )


def test_our_own_history_has_no_finding() -> None:
    migrations = Path(__file__).parents[3] / "migrations"

    assert lint_history(migrations / "versions") + lint_environment(migrations / "env.py") == []
