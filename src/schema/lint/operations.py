"""The steps of a revision file, read from its source without running it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Operation:
    """One call such as `op.add_column("people", …)` or `batch_op.drop_column("fax")`."""

    name: str
    table: str
    call: ast.Call
    in_autocommit: bool
    knows_dialect: bool

    @property
    def line(self) -> int:
        """The line it begins on."""
        return self.call.lineno

    def argument(self, position: int, keyword: str) -> ast.expr | None:
        """Give an argument by its place or its name."""
        for given in self.call.keywords:
            if given.arg == keyword:
                return given.value
        if position < 0 or position >= len(self.call.args):
            return None
        return self.call.args[position]


@dataclass
class _Scope:
    batches: dict[str, str] = field(default_factory=dict)
    in_autocommit: bool = False
    knows_dialect: bool = False


def operations_of(tree: ast.Module, function: str) -> list[Operation]:
    """Read the operations of one function of a revision, with those of the functions it calls."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if function not in functions:
        return []
    return list(_walk(functions[function], _Scope(), functions, seen={function}))


def text_of(node: ast.AST | None) -> str:
    """Give the literal text of an argument; what is not literal is empty."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Call) and called(node) in {"f", "text", "quoted_name"} and node.args:
        return text_of(node.args[0])
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) if isinstance(part, ast.Constant) else "?" for part in node.values)
    return ""


def called(node: ast.AST | None) -> str:
    """Give the last name of what a call calls: `Column` for `sa.Column(…)`."""
    function = node.func if isinstance(node, ast.Call) else node
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def keyword(node: ast.AST | None, name: str) -> ast.expr | None:
    """Give a keyword argument of a call."""
    if isinstance(node, ast.Call):
        for given in node.keywords:
            if given.arg == name:
                return given.value
    return None


def is_true(node: ast.AST | None) -> bool:
    """Tell whether an argument is the literal True."""
    return isinstance(node, ast.Constant) and node.value is True


def is_false(node: ast.AST | None) -> bool:
    """Tell whether an argument is the literal False."""
    return isinstance(node, ast.Constant) and node.value is False


def _walk(node: ast.AST, scope: _Scope, functions: dict[str, ast.FunctionDef], seen: set[str]) -> Iterator[Operation]:
    for child in ast.iter_child_nodes(node):
        inner = _inside(child, scope)
        if isinstance(child, ast.Call):
            yield from _operation(child, inner)
            name = called(child)
            if isinstance(child.func, ast.Name) and name in functions and name not in seen:
                yield from _walk(functions[name], inner, functions, seen | {name})
        yield from _walk(child, inner, functions, seen)


def _inside(node: ast.AST, scope: _Scope) -> _Scope:
    batches, autocommit, dialect = dict(scope.batches), scope.in_autocommit, scope.knows_dialect
    if isinstance(node, ast.With):
        for item in node.items:
            call = item.context_expr
            if called(call) == "autocommit_block":
                autocommit = True
            if called(call) == "batch_alter_table" and isinstance(item.optional_vars, ast.Name):
                table = keyword(call, "table_name") or (
                    call.args[0] if isinstance(call, ast.Call) and call.args else None
                )
                batches[item.optional_vars.id] = text_of(table)
    condition = node.test if isinstance(node, ast.If) else node.iter if isinstance(node, ast.For) else None
    if condition is not None and "dialect" in ast.unparse(condition):
        dialect = True
    return _Scope(batches, autocommit, dialect)


def _operation(call: ast.Call, scope: _Scope) -> Iterator[Operation]:
    function = call.func
    if not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
        return
    owner, name = function.value.id, function.attr
    knows = scope.knows_dialect or any("dialect" in ast.unparse(argument) for argument in call.args)
    if owner in scope.batches:
        yield Operation(name, scope.batches[owner], call, scope.in_autocommit, knows)
    elif owner == "op":
        yield Operation(name, _table(name, call), call, scope.in_autocommit, knows)


# Where an operation of Alembic names its table: (position, keyword).
_TABLE_AT = {
    "create_index": (1, "table_name"),
    "drop_index": (1, "table_name"),
    "create_check_constraint": (1, "table_name"),
    "create_unique_constraint": (1, "table_name"),
    "create_foreign_key": (1, "source_table"),
    "create_primary_key": (1, "table_name"),
    "drop_constraint": (1, "table_name"),
    "rename_table": (0, "old_table_name"),
}


def _table(name: str, call: ast.Call) -> str:
    position, word = _TABLE_AT.get(name, (0, "table_name"))
    return text_of(keyword(call, word) or (call.args[position] if position < len(call.args) else None))
