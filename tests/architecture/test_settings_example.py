"""The example of a .env file names every setting there is, and no other."""

import ast
import re

from tests.architecture.source import SRC, tree


def test_the_example_names_exactly_the_settings_that_are_read() -> None:
    read = {
        node.args[0].value
        for node in ast.walk(tree(SRC / "config.py"))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "given.find"
        if isinstance(node.args[0], ast.Constant)
    }
    example = (SRC.parent / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^#?([A-Z_]+)=", example, flags=re.MULTILINE)) == read
