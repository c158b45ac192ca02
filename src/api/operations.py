"""Declaring an operation: its address, the right it takes, what may be asked and sent, what it answers.

Everything between is done once, in src/api/answering.py; the OpenAPI document is made from the same declarations.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from src.api.bodies import JSON, LARGEST, MERGE_PATCH
from src.api.desk import View
from src.api.fields import Field
from src.domain.permissions import Action
from src.presentation.columns import Column

Method = Literal["GET", "POST", "PATCH", "DELETE"]

SORT, LIMIT, AFTER, COUNT = (
    Field(name="sort", about="Order of the list; a minus sign before it reverses it."),
    Field(name="limit", kind="number", about="Records on a page: 1 to 100."),
    Field(name="after", about="Where the page begins: `next` of the page before."),
    Field(name="count", kind="bool", about="Whether to count all that the list holds; it costs time on long ones."),
)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One address and method.

    `right` is None where everybody with a token may ask. `answers` are the columns of the record, or with `many` of the
    records of a page. `secret` is a field that is said once and never kept. `prepare` does what takes too long to be
    done inside the transaction. `shown` is how a record looks now, for whoever changes it must have read it as it is.
    With `rows` the body is many records at once; `found` names several lists that are answered together.
    """

    method: Method
    path: str
    right: Action | None
    view: View
    answers: Sequence[Column] = ()
    many: bool = False
    status: int = 200
    words: Sequence[Field] = ()
    fields: Sequence[Field] | None = None
    types: tuple[str, ...] = (JSON,)
    largest: int = LARGEST
    shown: View | None = None
    found: Sequence[tuple[str, Sequence[Column]]] = ()
    rows: bool = False
    secret: str = ""
    prepare: Callable[[], Any] | None = None

    @property
    def name(self) -> str:
        """The name under which generated clients call it."""
        return str(self.view.__name__)

    @property
    def summary(self) -> str:
        """What it means to the company."""
        return (inspect.getdoc(self.view) or "").partition("\n")[0]

    @property
    def versioned(self) -> bool:
        """Whether it demands If-Match."""
        return self.shown is not None

    @property
    def is_writing(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET"

    @property
    def noun(self) -> str:
        """What it is about, for the order of the documentation."""
        return self.path.split("/")[1]


class Operations:
    """The operations of one noun."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []

    def get(self, path: str, right: Action | None, **declared: Any) -> Callable[[View], View]:
        """Declare what is read."""
        return self._declare("GET", path, right, **declared)

    def list(
        self, path: str, right: Action, *, sorts: Sequence[str], words: Sequence[Field] = (), **declared: Any
    ) -> Callable[[View], View]:
        """Declare a list that is read page by page."""
        sort = replace(SORT, choices=tuple(word for key in sorts for word in (key, f"-{key}")))
        paged = (*words, sort, LIMIT, AFTER, COUNT)
        return self._declare("GET", path, right, words=paged, many=True, **declared)

    def history(self, path: str, right: Action, **declared: Any) -> Callable[[View], View]:
        """Declare a history, which has one order and is never counted."""
        return self._declare("GET", path, right, words=(LIMIT, AFTER), many=True, **declared)

    def post(
        self, path: str, right: Action | None, *, fields: Sequence[Field] = (), **declared: Any
    ) -> Callable[[View], View]:
        """Declare what is made, or done to a record."""
        return self._declare("POST", path, right, fields=fields, **declared)

    def patch(
        self, path: str, right: Action, *, fields: Sequence[Field], shown: View, **declared: Any
    ) -> Callable[[View], View]:
        """Declare what may be changed of a record; whoever does must have read it as it is."""
        types = (JSON, MERGE_PATCH)
        return self._declare("PATCH", path, right, fields=fields, types=types, shown=shown, **declared)

    def delete(
        self, path: str, right: Action, *, words: Sequence[Field] = (), **declared: Any
    ) -> Callable[[View], View]:
        """Declare what may be removed."""
        return self._declare("DELETE", path, right, words=words, **declared)

    def _declare(self, method: Method, path: str, right: Action | None, **declared: Any) -> Callable[[View], View]:
        def decorate(view: View) -> View:
            self.operations.append(Operation(method=method, path=path, right=right, view=view, **declared))
            return view

        return decorate
