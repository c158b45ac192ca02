"""Whether a column's new type holds every value of the old one, read from source."""

import ast
from collections.abc import Mapping

from src.schema.lint.operations import called, keyword

# Families in which a later type holds everything an earlier one does.
_WIDENING = (
    ("SmallInteger", "Integer", "BigInteger"),
    ("Float", "Double"),
    ("Date", "DateTime"),
    ("String", "Text"),
    ("Unicode", "UnicodeText"),
    ("LargeBinary",),
    ("Boolean",),
    ("JSON",),
    ("Numeric",),
    ("Time",),
    ("Uuid",),
)
_UPPER: Mapping[str, str] = {
    "SMALLINT": "SmallInteger",
    "INTEGER": "Integer",
    "BIGINT": "BigInteger",
    "VARCHAR": "String",
    "TEXT": "Text",
    "DATE": "Date",
    "DATETIME": "DateTime",
    "TIMESTAMP": "DateTime",
    "NUMERIC": "Numeric",
    "FLOAT": "Float",
    "BOOLEAN": "Boolean",
    "BLOB": "LargeBinary",
}
_SIZED = {"String", "Unicode", "LargeBinary"}


def may_lose_values(old: ast.expr | None, new: ast.expr) -> bool:
    """Tell whether a change of type could lose a value; an unknown old type could."""
    if old is None:
        return True
    old_name, new_name = _name(old), _name(new)
    for family in _WIDENING:
        if old_name in family and new_name in family:
            if family.index(new_name) < family.index(old_name):
                return True
            return _is_smaller(old, new) if new_name == old_name else False
    return True


def _name(node: ast.expr) -> str:
    name = called(node)
    return _UPPER.get(name, name)


def _is_smaller(old: ast.expr, new: ast.expr) -> bool:
    if _name(new) in _SIZED:
        return _number(old, 0, "length", none=float("inf")) > _number(new, 0, "length", none=float("inf"))
    if _name(new) == "Numeric":
        digits_old, digits_new = (_number(node, 0, "precision", none=float("inf")) for node in (old, new))
        scale_old, scale_new = (_number(node, 1, "scale", none=0) for node in (old, new))
        return scale_new < scale_old or digits_new - scale_new < digits_old - scale_old
    return ast.unparse(old) != ast.unparse(new) and _name(new) not in {"Integer", "BigInteger", "Text", "Boolean"}


def _number(node: ast.expr, position: int, word: str, *, none: float) -> float:
    given = keyword(node, word)
    if given is None and isinstance(node, ast.Call) and position < len(node.args):
        given = node.args[position]
    return float(given.value) if isinstance(given, ast.Constant) and isinstance(given.value, int) else none
