"""Which rows and values of a table are not there any more, as far as its checksums tell."""

from collections.abc import Iterator, Mapping
from typing import Any

from src.i18n import N_
from src.schema.guard.declarations import Declarations
from src.schema.guard.losses import Loss
from src.schema.guard.rows import ColumnPrint, TablePrint, holds_all


def lost_rows(
    table: str,
    before: TablePrint,
    after: TablePrint,
    declared: Declarations,
    new_names: Mapping[str, str],
    *,
    bound: bool,
) -> Iterator[Loss]:
    """Compare a table's rows; `after` has only those that are not behind the last one from before, where that is known.

    `new_names`: the name that each column which is still there has now. Without the key that the checksums were `bound`
    to, only numbers and sizes can be compared.
    """
    if after.rows < before.rows:
        facts = {"gone": before.rows - after.rows, "rows": before.rows}
        declaration = f'op.accept_deletion(table="{table}", where="…", because="…")'
        yield Loss(table, "", N_("{gone} of {rows} rows are gone"), facts, declaration)
        return
    if after.rows > before.rows:
        # New rows behind the old ones were left out: these are new ones that nothing but their values tells apart.
        if before.row_digests is None or after.row_digests is None:
            yield Loss(table, "", N_("rows were put between those that were there, or took their numbers"), {})
        elif not holds_all(after.row_digests, before.row_digests):
            yield Loss(table, "", N_("rows were added and others changed or deleted: put them into two revisions"), {})
        return
    changed = [
        column
        for column, new in new_names.items()
        if not declared.changes(table, column)
        and _facts(before.columns[column], bound) != _facts(after.columns[new], bound)
    ]
    for column in changed:
        yield _lost_values(table, column, before.columns[column], after.columns[new_names[column]])
    if changed:
        return
    declared_columns = [column for column in before.columns if declared.changes(table, column)]
    # A column that is an alias of the rowid has the same checksum.
    may_renumber = declared.changes(table, "rowid") or any(
        before.columns[column].digest == before.identity for column in declared_columns
    )
    if bound and before.identity != after.identity and not may_renumber:
        declaration = f'op.accept_change(table="{table}", columns=["rowid"], because="…")'
        yield Loss(table, "", N_("the rows are numbered otherwise (rowid)"), {}, declaration)
    elif (
        before.row_digests
        and after.row_digests
        and not declared_columns
        and len(new_names) == len(before.columns)
        and sorted(before.row_digests) != sorted(after.row_digests)
    ):
        yield Loss(table, "", N_("values of one row are now in another"), {})


def _facts(column: ColumnPrint, bound: bool) -> tuple[Any, ...]:  # noqa: FBT001 - one fact of the comparison
    return (column.present, column.size, column.kinds, column.digest if bound else None)


def _lost_values(table: str, column: str, before: ColumnPrint, after: ColumnPrint) -> Loss:
    declaration = f'op.accept_change(table="{table}", columns=["{column}"], because="…")'
    facts: dict[str, Any] = {"before": before.present, "after": after.present}
    if after.present < before.present:
        what = N_("{before} values became {after}: the others are NULL now")
    elif after.present > before.present:
        what = N_("{before} values became {after}")
    elif before.kinds != after.kinds:
        facts = {"before": _kinds(before), "after": _kinds(after)}
        what = N_("values are stored as another type: {before} became {after}")
    elif before.size != after.size:
        facts = {"before": before.size, "after": after.size}
        what = N_("values changed: their total size of {before} bytes became {after}")
    else:
        what, facts = N_("values changed or changed places (of the same total size)"), {}
    return Loss(table, column, what, facts, declaration)


def _kinds(column: ColumnPrint) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(column.kinds.items()))
