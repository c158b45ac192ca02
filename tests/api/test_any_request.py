"""Any request at all: no failure, no undocumented answer, nothing without the right. `make fuzz` asks for long."""

import re
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from src.api.answering import PREFIX
from src.api.fields import Field
from src.api.openapi import describe
from src.api.operations import Operation
from src.api.site import every_operation
from src.domain.permissions import RULEBOOK, Department
from tests.api.programs import Programs

# What ends somebody's account or token would end the asking; making passwords is slow.
APART = {"delete_user", "deactivate_user", "reset_password", "create_user", "update_user"}
OPERATIONS = [operation for operation in every_operation() if operation.name not in APART]
DOCUMENTED = describe(every_operation())["paths"]

texts = st.text(max_size=40) | st.sampled_from(
    [
        "Kevin",
        "kevin@startup.io",
        "+678 123 456 78",
        "1 200,50 €",
        "2027-06-04 13:00",
        "04/06/2023 13h00",
        "Europe/Paris",
    ]
)
numbers = st.integers(-1, 12) | st.sampled_from([2**31, 2**63 - 1, 2**63, 10**30])
addresses = numbers.filter(lambda one: one >= 0)
leaves = st.none() | st.booleans() | numbers | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2))


def meant(field: Field) -> Any:
    """Give values as the field wants them."""
    if field.choices:
        return st.sampled_from(field.choices)
    return {
        "number": st.integers(1, 12),
        "bool": st.booleans(),
        "money": st.integers(1, 99),
        "decimal": st.integers(1, 9),
    }.get(field.kind, texts)


def bodies(operation: Operation) -> Any:
    """Give what may be sent: mostly what is meant, now and then anything."""
    fields = {field.name: meant(field) | values for field in operation.fields or ()}
    required = {field.name for field in operation.fields or () if field.required}
    usual = st.fixed_dictionaries(
        {name: fields[name] for name in fields if name in required},
        optional={name: fields[name] for name in fields if name not in required},
    )
    strange = st.tuples(usual, texts, values).map(lambda drawn: {**drawn[0], drawn[1]: drawn[2]})
    one = st.integers(0, 9).flatmap(lambda chance: strange if chance == 0 else usual)
    sent = one.map(lambda drawn: [drawn]) if operation.rows else one
    return st.integers(0, 9).flatmap(lambda chance: values if chance == 0 else sent)


def queries(operation: Operation) -> Any:
    """Give what may be asked for."""
    words = {word.name: (meant(word) | texts).map(_as_word) for word in operation.words}
    return st.fixed_dictionaries({}, optional=words)


def _as_word(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


BODIES = {operation.name: bodies(operation) for operation in OPERATIONS}
QUERIES = {operation.name: queries(operation) for operation in OPERATIONS}
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "if-match": st.sampled_from(["*", '"1"', '"2"', "x", ""]),
        "idempotency-key": st.sampled_from(["a", "b", "c d", "x" * 101]),
    },
)
WHO = ("nobody", "sales", "support", "management")


@pytest.mark.parametrize("who", WHO)
@settings(
    max_examples=settings().max_examples // len(WHO),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_any_request_gets_a_documented_answer_and_only_who_has_the_right_more_than_that(
    programs: Programs, who: str, data: st.DataObject
) -> None:
    operation = data.draw(st.sampled_from(OPERATIONS))
    number = data.draw(addresses)
    path = operation.path.replace(":int", "")
    address = re.sub(r"\{\w+\}", str(number), path)
    headers = dict(data.draw(HEADERS))
    body = data.draw(BODIES[operation.name]) if operation.fields is not None else None
    if who == "nobody":
        headers["authorization"] = "Bearer nobody"
    program = programs.of("sales" if who == "nobody" else who)
    asked = data.draw(QUERIES[operation.name])
    answer = program.request(operation.method, address, params=asked, json=body, headers=headers)
    check(answer, operation, who, DOCUMENTED[PREFIX + path][operation.method.lower()]["responses"])


def check(answer: httpx.Response, operation: Operation, who: str, documented: dict[str, Any]) -> None:
    """Compare an answer with what the document promises and the rulebook allows."""
    assert str(answer.status_code) in documented, (operation.name, answer.text)
    if answer.status_code >= 400:
        name = answer.json()["type"].rpartition("problem-")[2]
        assert name in documented[str(answer.status_code)]["x-problems"], (operation.name, answer.text)
    if who == "nobody":
        assert answer.status_code == 401
    elif operation.right is not None and Department(who.upper()) not in RULEBOOK[operation.right]:
        assert answer.status_code == 403
        assert answer.json()["rule"] == operation.right
    elif answer.status_code in {200, 201} and operation.answers:
        keys = {column.key for column in operation.answers} | ({operation.secret} - {""})
        rows = answer.json()["items"] if operation.many else [answer.json()]
        assert [set(row) for row in rows if set(row) != keys] == []
