"""Whether a column of one type can hold all that a column of another could."""

import re

_LADDERS = (
    ("smallint", "integer", "bigint"),
    ("real", "double precision"),
    ("character varying", "text"),
)


def holds_at_least(new: str, old: str, *, dialect: str) -> bool:
    """Tell whether `new` is `old` or wider. What is in the column is compared elsewhere, value by value."""
    (new_name, new_sizes), (old_name, old_sizes) = _split(new), _split(old)
    if dialect == "sqlite":
        same = _affinity(new_name) == _affinity(old_name)
    else:
        same = new_name == old_name or any(
            old_name in ladder and new_name in ladder[ladder.index(old_name) :] for ladder in _LADDERS
        )
    return same and _as_wide(new_sizes, old_sizes)


def _split(declared: str) -> tuple[str, list[int]]:
    name = re.sub(r"\s*\(.*?\)", "", declared)
    return name if name != "varchar" else "character varying", [
        int(size) for size in re.findall(r"\d+", "".join(re.findall(r"\(.*?\)", declared)))
    ]


def _as_wide(new: list[int], old: list[int]) -> bool:
    if not new:
        return True
    if len(old) == 2 and len(new) == 2:  # digits in all, and behind the point
        return new[1] >= old[1] and new[0] - new[1] >= old[0] - old[1]
    return len(new) == len(old) and all(n >= o for n, o in zip(new, old, strict=True))


def _affinity(name: str) -> str:
    """Follow https://sqlite.org/datatype3.html#determination_of_column_affinity."""
    upper = name.upper()
    for words, affinity in (
        (("INT",), "integer"),
        (("CHAR", "CLOB", "TEXT"), "text"),
        (("BLOB",), "blob"),
        (("REAL", "FLOA", "DOUB"), "real"),
    ):
        if any(word in upper for word in words):
            return affinity
    return "numeric" if upper else "blob"
