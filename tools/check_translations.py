"""The French catalogue is complete and sound: `python -m tools.check_translations` fails on the first doubt.

Missing, fuzzy and obsolete sentences, other {facts} than the English ones, a compiled file older than its source, and
French typography: no-break spaces before ; ! ? : and inside « », and the curved apostrophe.
"""

import ast
import re
from collections.abc import Iterator

from babel.messages.catalog import Catalog, Message

from tools.translations import MO, SOURCE, compiled, extracted, translated

_FACT = re.compile(r"\{(\w+)[^}]*\}|%\((\w+)\)[a-z]")
# What is copied into a shell or a program is not prose: commands, options, paths, examples of values.
_NOT_PROSE = re.compile(r"https?:\S*|\w+://\S*|sqlite:\S*|--[\w-]+|\{[^}]*\}|\b\d+:\d+\b|'[^']*'|“[^”]*”|\[[^\]]*\]")
# How many sentences each mark takes.
_MARKS = {"_": 1, "N_": 1, "ngettext": 2}
_TYPOGRAPHY = (
    (re.compile(r"(?<![\u202f\u00a0])[;!?](?=\s|$)"), "needs a narrow no-break space before ; ! ?"),
    (re.compile(r"(?<!\u00a0):(?=\s|$)"), "needs a no-break space before :"),
    (re.compile(r"«(?!\u00a0)|(?<!\u00a0)»"), "needs no-break spaces inside « »"),
    (re.compile(r"\w'\w"), "needs the curved apostrophe ’"),
)


def problems() -> list[str]:
    """List all that is wrong with the French catalogue."""
    wanted, program = extracted(), MO.read_bytes() if MO.exists() else b""
    return [*_overlooked(wanted), *problems_of(wanted=wanted, given=translated(), program=program)]


def problems_of(*, wanted: Catalog, given: Catalog, program: bytes) -> list[str]:
    """List what keeps `given`, compiled as `program`, from translating all that is `wanted`."""
    return [
        *_differences(wanted, given),
        *(problem for message in given if message.id for problem in _problems_of(message)),
        *([] if program == compiled(given) else ["the compiled catalogue is stale"]),
    ]


def _differences(wanted: Catalog, given: Catalog) -> Iterator[str]:
    keys = {message.id for message in given if message.id}
    for message in wanted:
        if message.id and message.id not in keys:
            yield f"not in the catalogue: {message.id!r}"
    wanted_keys = {message.id for message in wanted if message.id}
    for key in keys - wanted_keys:
        yield f"no longer used: {key!r}"
    for obsolete in given.obsolete:
        yield f"obsolete: {obsolete!r}"


def _overlooked(wanted: Catalog) -> Iterator[str]:
    """Find marked sentences that Babel cannot see: those inside an f-string, or that are one."""
    seen = {part for message in wanted for part in ([message.id] if isinstance(message.id, str) else message.id)}
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MARKS):
                continue
            for argument in node.args[: _MARKS[node.func.id]]:
                unknown = isinstance(argument, ast.Constant) and argument.value not in seen
                if unknown or isinstance(argument, ast.JoinedStr):
                    yield f"{file.name}:{node.lineno}: a marked sentence inside an f-string is not extracted"


def _problems_of(message: Message) -> Iterator[str]:
    originals = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))
    if message.fuzzy:
        yield f"fuzzy: {message.id!r}"
    if not all(forms):
        yield f"not translated: {message.id!r}"
        return
    # A singular may leave the count out ("one client"); nothing may use a fact that the English does not have.
    for original, form in zip(originals, forms, strict=True):
        if _facts(form) != _facts(original):
            yield f"other facts than {original!r}: {form!r}"
    for form in forms:
        prose = _NOT_PROSE.sub("x", form)
        for pattern, advice in _TYPOGRAPHY:
            if pattern.search(prose):
                yield f"{advice}: {form!r}"


def _facts(text: str) -> set[str]:
    return {first or second for first, second in _FACT.findall(text)}


def main() -> int:
    """Print all that is wrong; gives the exit code."""
    found = problems()
    for problem in found:
        print(problem)
    print(f"French catalogue: {len(found)} problems" if found else "French catalogue: complete")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
