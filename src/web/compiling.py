"""How templates are compiled: once for each language, with their words in place, and each block in one piece.

Half of a page is the same at every visit: its frame, its headings, its icons. Looked up again for every page, that took
as long as what the page says of the records. And Jinja hands on each piece of a page through every template that it
extends, for a list of 25 three thousand times: as long again. Measured together: a quarter less of the whole page's
instructions (decision 73).
"""

import re
from collections.abc import Callable, Mapping
from contextvars import copy_context
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from src.i18n import set_language

Lookups = Mapping[str, Callable[..., str]]
_WHOLE = "_whole_block"


_find_what_html_knows = re.compile("""[&<>"']""").search


class _Generator(CodeGenerator):
    """Writes the Python of a template: what a page does a thousand times is written out instead of called."""

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 - as Jinja names what it visits
        """Ask a variable for what it has; only if it has it not, ask as Jinja does."""
        if not isinstance(node.node, nodes.Name):
            super().visit_Getattr(node, frame)
            return
        self.write("(_found if (_found := getattr(")
        self.visit(node.node, frame)
        self.write(f", {node.attr!r}, missing)) is not missing else ")
        super().visit_Getattr(node, frame)
        self.write(")")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")


class TemplatesInOneLanguage(Environment):
    """Templates in which `_("…")`, and whatever else of `lookups` is asked for a fixed name, is already looked up."""

    code_generator_class = _Generator

    def __init__(self, language: str, lookups: Lookups, **settings: Any) -> None:
        super().__init__(**settings)
        self._language, self._lookups = language, lookups
        # For what is only known when the page is made, such as the name of a status.
        self.globals |= lookups

    @staticmethod
    def escaped(value: Any) -> str:
        """Write a value as `markupsafe.escape` does, without making each piece an object that knows it is safe.

        Most pieces hold nothing that HTML knows, and are what they were.
        """
        if type(value) is Markup or (type(value) is str and not _find_what_html_knows(value)):
            return value
        return escape(value)

    def _generate(self, source: nodes.Template, *names: Any, **settings: Any) -> str:
        return super()._generate(copy_context().run(self._ready, source), *names, **settings)

    def _ready(self, source: nodes.Template) -> nodes.Template:
        set_language(self._language)
        ready: nodes.Template = _Readying(self._lookups).visit(source)
        return ready


class _Readying(NodeTransformer):
    """Puts in place what is fixed, and makes each block one piece."""

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups

    def visit_Call(self, call: nodes.Call) -> nodes.Node:  # noqa: N802 - as Jinja names what it visits
        """Look up what is asked for in fixed words."""
        self.generic_visit(call)
        words = [word.value for word in call.args if isinstance(word, nodes.Const)]
        named = call.node.name if isinstance(call.node, nodes.Name) else ""
        is_fixed = len(words) == len(call.args) and not (call.kwargs or call.dyn_args or call.dyn_kwargs)
        if named not in self._lookups or not is_fixed:
            return call
        return nodes.Const(self._lookups[named](*words), lineno=call.lineno)

    def visit_Block(self, block: nodes.Block) -> nodes.Node:  # noqa: N802 - as Jinja names what it visits
        """Collect a block as `{% set %}` collects, and hand it on once."""
        self.generic_visit(block)
        collected = nodes.AssignBlock(nodes.Name(_WHOLE, "store"), None, block.body, lineno=block.lineno)
        block.body = [collected, nodes.Output([nodes.Name(_WHOLE, "load")], lineno=block.lineno)]
        return block
