"""Forms: what was typed, as it was typed; the services read it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import parse_qsl

from starlette.requests import Request

from src.domain.errors import CrmError, InvalidInput
from src.i18n import N_, _, current_language, format_number
from src.presentation.fields import FIELDS
from src.presentation.requests import NotUnderstood, TooLarge
from src.web.gate import LARGEST_BODY

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100
# What a form held when it was opened travels with it: only what somebody changed is saved.
_BEFORE = "was."
_NEVER_TYPED = "\0"

Kind = Literal["text", "email", "tel", "number", "money", "date", "moment", "long", "choice", "password", "check"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a form. `name` is the one the services know; its label is the word used on every edge.

    `says` is the word by which refusals name the field, where it is not the label.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    heading: str = ""
    hint: str = ""
    says: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    autocomplete: str = "off"
    longest: int = 200
    wide: bool = False

    @property
    def is_wide(self) -> bool:
        """Whether it takes a line of its own."""
        return self.wide or self.kind == "long"

    @property
    def label(self) -> str:
        """The field's name in the reader's language."""
        return _(self._heading)

    def is_named_by(self, refusal: CrmError | None) -> bool:
        """Tell whether a refusal is about this field."""
        word = refusal.field if isinstance(refusal, InvalidInput) else refusal and refusal.facts.get("field")
        return bool(word) and word == (self.says or self._heading.lower())

    @property
    def _heading(self) -> str:
        return self.heading or FIELDS[self.name].heading


# Of what was done outside the CRM: mostly just now.
MOMENT = Field(
    name="at",
    heading=N_("Moment"),
    hint=N_("Such as 2023-06-04 13:00 or 04/06/2023 13:00. Empty means now."),
)


@dataclass(frozen=True)
class Form:
    """The fields of one request, each as it was typed; empty when a page is only read."""

    values: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values)

    def get(self, name: str, default: str = "") -> str:
        """Give what was typed into a field."""
        return self.values.get(name, default)

    def require_only(self, names: Iterable[str]) -> None:
        """Refuse a form that holds a field its page does not have: somebody is trying what else could be set.

        Raises:
            InvalidInput.
        """
        known = {*names, *(_BEFORE + name for name in names)}
        if any(name not in known for name in self.values):
            raise InvalidInput(N_("{field}: this form has fields that its page does not have."), field=N_("form"))

    def changed(self, fields: Sequence[Field]) -> dict[str, str]:
        """Give the fields that hold something else now than when the form was opened."""
        return {one.name: self.values[one.name] for one in fields if self.is_changed(one.name)}

    def is_changed(self, name: str) -> bool:
        """Tell whether a field holds something else now than when the form was opened."""
        return name in self.values and _lines(self.values[name]) != _lines(self.get(_BEFORE + name, _NEVER_TYPED))

    def version(self) -> int | None:
        """Give the version of the record that the form was opened with.

        Raises:
            InvalidInput: it is not a number.
        """
        typed = self.get("version")
        if not typed:
            return None
        if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
            raise InvalidInput(N_("{field}: this is not a version."), field=N_("version"))
        return int(typed)


def value_in(one: Field, form: Form, record: Any = None, before: Mapping[str, str] | None = None) -> str:
    """Give what a field shows: what was typed over what the record held, else what the record holds now."""
    if one.kind != "password" and form.is_changed(one.name):
        return form.values[one.name]
    return value_before(one, record, before)


def value_before(one: Field, record: Any = None, before: Mapping[str, str] | None = None) -> str:
    """Give what the record holds, as it is typed: in French, 1200,50."""
    held = before[one.name] if before is not None and one.name in before else getattr(record, one.name, None)
    if isinstance(held, Decimal) and FIELDS[one.name].kind == "decimal":
        return format_number(held)
    written = "" if held is None else str(held)
    return written.replace(".", ",") if one.kind == "money" and current_language() == "fr" else written


async def read_form(request: Request) -> Form:
    """Read the body of a form.

    Raises:
        NotUnderstood: something else than a form; TooLarge.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise TooLarge()
    if not body:
        return Form()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise NotUnderstood()
    return form_from(bytes(body))


def form_from(body: bytes) -> Form:
    """Read the fields out of an encoded form.

    Raises:
        NotUnderstood.
    """
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise NotUnderstood() from None
    values = dict(pairs)
    if len(values) != len(pairs):
        raise NotUnderstood()
    return Form(values)


def _lines(text: str) -> str:
    # Browsers send the line ends of a text area as CR LF, whatever they were given.
    return text.replace("\r\n", "\n")
