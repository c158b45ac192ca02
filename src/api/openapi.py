"""The OpenAPI 3.1 document, made from the declarations that the server answers by: it cannot say anything else."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from src.api.answering import PREFIX
from src.api.errors import PROBLEMS, KeyUsed, Problem, RowsRefused, VersionRequired, VersionStale, WrongContentType
from src.api.fields import Field
from src.api.operations import LIMIT, Operation
from src.api.problems import MEDIA_TYPE
from src.domain import errors
from src.domain.permissions import READING
from src.presentation import requests
from src.presentation.columns import Column
from src.presentation.fields import FIELDS
from src.services.client_bulk import MOST
from src.services.idempotency import LONGEST_KEY

_SCHEMAS: Mapping[str, Any] = {
    "text": {"type": "string"},
    "number": {"type": "integer", "minimum": 1},
    "decimal": {"type": "string"},
    "money": {"type": "string", "pattern": r"^-?\d+\.\d{2}$"},
    "date": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "bool": {"type": "boolean"},
    "changes": {"type": "object", "additionalProperties": {"type": "array"}},
    "numbers": {"type": "array", "items": {"type": "integer"}},
}
# What is read is read as people write it: `1 200,50`, `04/06/2023 13h00`.
_TAKEN: Mapping[str, Any] = {
    "number": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
    "decimal": {"type": ["string", "integer", "number"]},
    "money": {"type": ["string", "integer", "number"]},
    "bool": {"type": "boolean"},
}
_ALWAYS: tuple[type[errors.CrmError], ...] = (
    errors.CrmError,
    errors.NotAuthenticated,
    errors.Forbidden,
    errors.InvalidInput,
    errors.TooManyAttempts,
    errors.DatabaseError,
)


def describe(operations: Sequence[Operation]) -> dict[str, Any]:
    """Describe every operation."""
    paths: dict[str, Any] = {}
    for operation in operations:
        path = re.sub(r":int\}", "}", PREFIX + operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Epic Events CRM",
            "version": "1",
            "description": "Everything that a person may do in the CRM, a program may do with the same rights.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": noun} for noun in dict.fromkeys(operation.noun for operation in operations)],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A personal token: `epicevents token create`.",
                }
            },
            "schemas": {"Problem": _problem_schema()},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.noun],
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if operation.right is not None:
        described["description"] = f"Takes the right {operation.right}{_scopes(operation)}."
    if operation.fields is not None:
        described["requestBody"] = _body(operation)
    return described


def _scopes(operation: Operation) -> str:
    return ", which the scope read gives" if operation.right in READING else ""


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": _TAKEN["number"]}
        for name in re.findall(r"\{(\w+):int\}", operation.path)
    ]
    found += [
        {
            "name": word.name,
            "in": "query",
            "required": word.required,
            "description": _about(word),
            "schema": {"type": "integer", "minimum": 1, "maximum": 100} if word is LIMIT else _taken(word),
        }
        for word in operation.words
    ]
    if operation.is_writing:
        found.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": operation.versioned,
                "description": "The ETag of the record as it was read; what somebody saved since is not overwritten.",
                "schema": {"type": "string"},
            }
        )
    if operation.method == "POST":
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "A word of your own: sent twice within a day, the request is done once.",
                "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
            }
        )
    return found


def _body(operation: Operation) -> dict[str, Any]:
    fields = operation.fields or ()
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: {**_taken(field), "description": _about(field)} for field in fields},
        "required": [field.name for field in fields if field.required],
    }
    if operation.rows:
        schema = {"type": "array", "maxItems": MOST, "items": schema}
    is_required = operation.rows or any(field.required for field in fields)
    return {"required": is_required, "content": {name: {"schema": schema} for name in operation.types}}


def _taken(field: Field) -> dict[str, Any]:
    schema = dict(_TAKEN.get(field.kind, {"type": "string"}))
    if field.choices:
        schema["enum"] = list(field.choices)
    return schema


def _about(field: Field) -> str:
    heading = FIELDS[field.name].heading if field.name in FIELDS else ""
    return ". ".join(part.rstrip(".") for part in (heading, field.about) if part) + ("." if field.about else "")


def _responses(operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {str(operation.status): _done(operation)}
    for problem in sorted(set(_problems(operation))):
        key = str(problem.status)
        known = responses.setdefault(key, _refused(problem.title))
        names = known["x-problems"] = [*known.get("x-problems", []), problem.name]
        known["description"] = f"{problem.title}: {', '.join(dict.fromkeys(names))}"
    return responses


def _problems(operation: Operation) -> list[Problem]:
    kinds = list(_ALWAYS)
    if "{" in operation.path:
        kinds += [errors.NotFound, requests.NoSuchPage]
    if operation.is_writing:
        kinds += [errors.NotFound, errors.Conflict, errors.AlreadyExists, errors.RuleBroken, requests.TooLarge]
        kinds.append(VersionStale)
    if operation.fields is not None:
        kinds.append(WrongContentType)
    if operation.rows:
        kinds.append(RowsRefused)
    if operation.versioned:
        kinds.append(VersionRequired)
    if operation.method == "POST":
        kinds.append(KeyUsed)
    return [PROBLEMS[kind] for kind in kinds]


def _refused(title: str) -> dict[str, Any]:
    return {"description": title, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _done(operation: Operation) -> dict[str, Any]:
    if operation.status == 204:
        return {"description": "Done."}
    content = {"application/json": {"schema": _answer(operation)}}
    headers: dict[str, Any] = {}
    if operation.many:
        headers["Link"] = {"description": "Where the next page is.", "schema": {"type": "string"}}
    elif operation.status == 201:
        headers["Location"] = {"description": "Where the new record is.", "schema": {"type": "string"}}
    if any(column.key == "version" for column in operation.answers):
        headers["ETag"] = {"description": "The version of the record, for If-Match.", "schema": {"type": "string"}}
    return {"description": "Done.", "content": content, **({"headers": headers} if headers else {})}


def _answer(operation: Operation) -> dict[str, Any]:
    if operation.found:
        lists = {name: {"type": "array", "items": _record(columns)} for name, columns in operation.found}
        return {"type": "object", "properties": lists, "required": list(lists)}
    record = _record(operation.answers)
    if operation.secret:
        record["properties"][operation.secret] = {"type": ["string", "null"]}
    if not operation.many:
        return record
    return {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": record},
            "next": {"type": ["string", "null"]},
            "count": {"type": "integer"},
        },
        "required": ["items", "next"],
    }


def _record(columns: Sequence[Column]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {column.key: _shown(column) for column in columns},
        "required": [column.key for column in columns],
    }


def _shown(column: Column) -> dict[str, Any]:
    schema = dict(_SCHEMAS.get(column.kind, {"type": "string"}))
    if column.kind == "number":
        schema.pop("minimum")
    if column.key not in {"id", "version"}:
        schema["type"] = [schema["type"], "null"]
    return {**schema, "description": column.heading}


def _problem_schema() -> dict[str, Any]:
    place = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("pointer", "parameter", "detail")},
    }
    change = {"type": "object", "properties": {"field": {"type": "string"}, "yours": {}, "theirs": {}}}
    return {
        "type": "object",
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "request_id": {"type": "string"},
            "rule": {"type": "string", "description": "The right or rule that refused."},
            "errors": {"type": "array", "items": place},
            "changes": {"type": "array", "items": change},
            "current": {"type": "object", "description": "The record as it is now."},
        },
        "required": ["type", "title", "status", "detail", "request_id"],
    }
