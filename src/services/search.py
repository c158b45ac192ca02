"""What `--search` finds: records that hold every word that was typed, whatever its accents and capitals.

A word with three letters or digits in a row is found anywhere: an index of every three letters (src/models/search.py)
gives the rows that may hold it. A shorter word is found at the beginning of a word; where nothing longer is typed, the
first one at the beginning of a name, company or title, which is a range of an index.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, column, intersect, literal, or_, select, table, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from src.domain.values import fold, parse_text
from src.i18n import N_

Columns = InstrumentedAttribute[Any]

# Of what both engines index: so many in a row. PostgreSQL counts letters and digits only.
LETTERS = 3
_LONG = re.compile(rf"[^\W_]{{{LETTERS}}}")
# An index gives the rows for so many of the longest words; the others are looked for in those rows.
_SOUGHT = 3
# So many of its trigrams find a word; a row must then hold the whole of it.
_TRIGRAMS = 20
# The folded columns are cut at 420.
_LONGEST = 400


@dataclass(frozen=True)
class Words:
    """What was typed, folded: as a whole, word by word, and those words that an index finds anywhere."""

    whole: str
    every: tuple[str, ...]
    sought: tuple[str, ...]


def words_of(term: str) -> Words | None:
    """Read what was typed into a search; None for nothing.

    Raises:
        InvalidInput: control characters, or more than 200 characters.
    """
    typed = parse_text(term, field=N_("search"), required=False)
    if not typed:
        return None
    # What is nothing but accents folds into nothing, and must not find everything.
    whole = (fold(typed) or typed)[:_LONGEST].rstrip()
    every = tuple(dict.fromkeys(whole.split(" ")))
    sought = sorted((word for word in every if _LONG.search(word)), key=len, reverse=True)
    return Words(whole, every, tuple(sought[:_SOUGHT]))


def starting_with(beginning: str, *searched: tuple[Columns, Columns]) -> list[Select[Any]]:
    """Select the ids of the records in which a folded column begins with a text.

    `searched` are pairs of an id column and a folded column. Each select is a range of one index; the caller joins them
    by UNION ALL, as IN does not mind doubles. An OR over several columns makes SQLite read the whole table as soon as a
    sort is involved, and a UNION, which looks for doubles, as soon as it has statistics.
    """
    # No character sorts after this one: the range holds exactly the texts that begin so, and % or _ mean themselves.
    return [select(id_).where(key >= beginning, key < beginning + "\U0010ffff") for id_, key in searched]


def in_all(record_id: Columns, candidates: Sequence[Sequence[Select[Any]]]) -> Any:
    """Give the condition of the records that each group of selects of ids has, in one of its selects or another.

    One set of numbers, put together by INTERSECT. With one IN a group PostgreSQL goes through the second set for every
    row of the first where it thinks that there are few: 380 ms instead of 20 for two words in 20,000 contracts.
    """
    joined = [union_all(*group) for group in candidates]
    return record_id.in_(intersect(*(select(one.subquery().c[0]) for one in joined)) if joined[1:] else joined[0])


def may_hold(words: Sequence[str], *columns: Columns) -> Any:
    """Give the condition of the rows whose indexed columns may hold all these words; `holds` tells whether they do."""
    from src.models.search import full_text_name  # noqa: PLC0415 - lists that search nothing need none of it

    owner = columns[0].class_
    name = full_text_name(owner.__tablename__)
    index = table(name, column("rowid"), column(name))
    query = " AND ".join(_trigrams_of(word) for word in words)
    matching = select(index.c.rowid).where(index.c[name].op("MATCH")(literal(query)))
    alike = and_(*(or_(*(searched.contains(word, autoescape=True) for searched in columns)) for word in words))
    return _MayHold(owner.id.in_(matching), alike)


def holds(words: Words, text: Any) -> list[Any]:
    """Give the conditions that a text, folded as the words are, holds every one of them."""
    spaced = literal(" ") + text
    return [
        text.contains(word, autoescape=True) if _LONG.search(word) else spaced.contains(f" {word}", autoescape=True)
        for word in words.every
    ]


class _MayHold(FunctionElement[Any]):
    """The same question in the words of each engine."""

    inherit_cache = True


@compiles(_MayHold)
def _on_postgresql(element: _MayHold, compiler: SQLCompiler, **options: Any) -> str:
    _, alike = element.clauses
    return f"({compiler.process(alike, **options)})"


@compiles(_MayHold, "sqlite")
def _on_sqlite(element: _MayHold, compiler: SQLCompiler, **options: Any) -> str:
    matching, _ = element.clauses
    return f"({compiler.process(matching, **options)})"


def _trigrams_of(word: str) -> str:
    """Write the trigrams that a word cannot be without as FTS5 reads them: quoted, they are no syntax."""
    starts = [*range(0, len(word) - 3, 3), len(word) - 3][-_TRIGRAMS:]
    return " AND ".join('"' + word[start : start + 3].replace('"', '""') + '"' for start in starts)
