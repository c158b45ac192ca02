"""Runs the rules over a history of revisions.

A revision may declare `contract_step = "why"`: the last step of a change, after which nothing uses the old name any
more; drops and renames are then meant. One line may be excused with a comment that names the rule and the reason:
`# lint: type-narrowing: all codes have three letters since 0007`.
"""

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from src.schema.lint.findings import RULES, Finding
from src.schema.lint.operations import called, operations_of, text_of
from src.schema.lint.rules import RULES_OF_UPGRADE, Steps
from src.schema.revision_text import parsed

CHECKSUMS = "checksums.json"
_EXCUSED_BY_CONTRACT = {"drop-table", "drop-column", "rename"}
_EXCUSE = re.compile(r"#\s*lint:\s*(?P<rule>[a-z-]+)\s*:\s*(?P<why>\S.*)")


def lint_history(versions: Path) -> list[Finding]:
    """Read all revisions of a folder; `checksums.json` in it names those that were released and must not change."""
    findings: list[Finding] = []
    for file in sorted(versions.glob("*.py")):
        if file.name != "__init__.py":
            findings += lint_revision(file)
    findings += _edited(versions)
    return sorted(findings)


def lint_revision(file: Path) -> list[Finding]:
    """Read one revision file."""
    tree = parsed(file)
    excuses = _excuses(file.read_text(encoding="utf-8"))
    contract = _contract_step(tree)
    found = set(_upgrade(tree)) | set(_downgrade(tree))
    findings = []
    for line, rule, what in found:
        meant = contract and rule in _EXCUSED_BY_CONTRACT
        excused = excuses.pop((line, rule), None) is not None
        if not meant and not excused:
            findings.append(Finding(file.name, line, rule, what))
    findings += [Finding(file.name, line, "stale-suppression", rule) for line, rule in excuses]
    return sorted(findings)


def lint_environment(file: Path) -> list[Finding]:
    """Read an env.py: no statement may run before context.configure()."""
    tree = parsed(file)
    findings = []
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))]:
        calls = sorted((node for node in _calls(scope)), key=lambda call: (call.lineno, call.col_offset))
        configured = next((call.lineno for call in calls if ast.unparse(call.func).endswith("context.configure")), None)
        for call in calls:
            early = configured is not None and call.lineno < configured
            if (
                early
                and isinstance(call.func, ast.Attribute)
                and call.func.attr in {"execute", "exec_driver_sql", "scalar"}
            ):
                findings.append(Finding(file.name, call.lineno, "statement-before-configure"))
    return sorted(findings)


def checksum(file: Path) -> str:
    """Give what identifies a released revision; line ends do not count, because checkouts change them."""
    return sha256(file.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def release(versions: Path) -> None:
    """Note the checksum of every revision as it is now: from now on each of them is history."""
    files = {file.name: checksum(file) for file in sorted(versions.glob("*.py")) if file.name != "__init__.py"}
    (versions / CHECKSUMS).write_text(json.dumps(files, indent=2) + "\n", encoding="utf-8")


def _upgrade(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    steps = Steps(operations_of(tree, "upgrade"))
    for rule in RULES_OF_UPGRADE:
        yield from rule(steps)


def _downgrade(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if "upgrade" not in functions or _does_nothing(functions["upgrade"]) or _only_purges(functions["upgrade"]):
        return
    down = functions.get("downgrade")
    if down is None or _does_nothing(down):
        yield (down or functions["upgrade"]).lineno, "no-downgrade", ""


def _does_nothing(function: ast.FunctionDef) -> bool:
    return all(
        isinstance(statement, ast.Pass | ast.Raise)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in function.body
    )


def _only_purges(function: ast.FunctionDef) -> bool:
    """What was purged cannot come back; what it was called still can, by the downgrade of the step before."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {called(call) for call in calls} == {"purge_set_aside"}


def _contract_step(tree: ast.Module) -> bool:
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == "contract_step" for target in targets):
            return bool(text_of(node.value).strip())  # type: ignore[attr-defined]  # both kinds of assignment have one
    return False


def _excuses(source: str) -> dict[tuple[int, str], str]:
    excuses = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and (match := _EXCUSE.match(token.string)) and match["rule"] in RULES:
            excuses[(token.start[0], match["rule"])] = match["why"]
    return excuses


def _calls(scope: ast.AST) -> Iterator[ast.Call]:
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(child, ast.Call):
            yield child
        yield from _calls(child)


def _edited(versions: Path) -> Iterator[Finding]:
    known = versions / CHECKSUMS
    if not known.exists():
        return
    released: Mapping[str, str] = json.loads(known.read_text(encoding="utf-8"))
    for name, expected in released.items():
        file = versions / name
        if not file.exists() or checksum(file) != expected:
            yield Finding(name, 1, "edited-revision", name)
