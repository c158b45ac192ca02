"""What a request may say: each field of a body and each word of an address is declared once, read, and documented.

Only the shape is looked at here (a text, a number, a known word); what it means is read by the services, as it is for
every other edge. A field that nobody declared is refused: somebody is trying what else could be set, or mistyped.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from src.domain.choices import parse_choice
from src.domain.errors import CrmError, InvalidInput
from src.domain.values import parse_id
from src.i18n import N_
from src.presentation.fields import FIELDS

Kind = Literal["text", "number", "decimal", "money", "moment", "date", "bool", "choice"]

# What each kind may be in JSON.
_TYPES: Mapping[Kind, tuple[type, ...]] = {
    "text": (str,),
    "number": (int,),
    "decimal": (str, int, Decimal),
    "money": (str, int, Decimal),
    "moment": (str,),
    "date": (str,),
    "bool": (bool,),
    "choice": (str,),
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a body or one word of an address; `says` is the word by which refusals name it."""

    name: str
    kind: Kind = "text"
    required: bool = False
    says: str = ""
    about: str = ""
    choices: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The marked word for the field in a sentence."""
        return self.says or (FIELDS[self.name].heading.lower() if self.name in FIELDS else self.name)

    def is_named_by(self, refusal: CrmError) -> bool:
        """Tell whether a refusal is about this field."""
        named = refusal.field if isinstance(refusal, InvalidInput) else refusal.facts.get("field")
        return named in {self.word, self.name}


def requiring(fields: Sequence[Field], names: Collection[str]) -> tuple[Field, ...]:
    """Give the fields as a new record wants them: these may not be missing."""
    return tuple(replace(field, required=field.name in names) for field in fields)


def read_fields(fields: Sequence[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """Read the fields of a body; those that were not sent are missing.

    Raises:
        InvalidInput: one that there is not, of the wrong type, or a required one is missing.
    """
    known = {field.name: field for field in fields}
    for name in given:
        if name not in known:
            raise UnknownField(name)
    for field in fields:
        if field.required and given.get(field.name) is None:
            raise InvalidInput(N_("{field}: a value is required."), field=field.word)
    return {name: _checked(known[name], value) for name, value in given.items()}


class UnknownField(InvalidInput):
    """A request says something that its address does not know; privileged fields are among them."""

    message = N_("{name}: there is no such field here.")

    def __init__(self, name: str, *, is_in_address: bool = False) -> None:
        super().__init__(field="", name=name[:100])
        self.name, self.is_in_address = name[:100], is_in_address


def read_words(fields: Sequence[Field], pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Read what an address asks for after its question mark.

    Raises:
        InvalidInput.
    """
    known = {field.name: field for field in fields}
    words: dict[str, Any] = {}
    for name, text in pairs:
        if name not in known:
            raise UnknownField(name, is_in_address=True)
        if name in words:
            raise InvalidInput(N_("{field}: say it once."), field=known[name].word)
        words[name] = _word(known[name], text)
    for field in fields:
        if field.required and field.name not in words:
            raise InvalidInput(N_("{field}: a value is required."), field=field.word)
    return words


def _checked(field: Field, value: Any) -> Any:
    is_right = isinstance(value, _TYPES[field.kind]) and (isinstance(value, bool) is (field.kind == "bool"))
    if not is_right:
        raise InvalidInput(N_("{field}: this is not of the type that is wanted here."), field=field.word)
    if field.kind == "number":
        return parse_id(value, field=field.word)
    return _known(field, value)


def _word(field: Field, text: str) -> Any:
    match field.kind:
        case "number":
            return parse_id(text, field=field.word)
        case "bool":
            return parse_choice(text, ("true", "false"), field=field.word) == "true"
        case _:
            return _known(field, text)


def _known(field: Field, value: Any) -> Any:
    return parse_choice(value, field.choices, field=field.word) if field.choices else value
