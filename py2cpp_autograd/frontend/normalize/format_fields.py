"""Fields of format that look into an argument, with what they look at as an argument of its own.

    "{0} {loss.val:.4f} {xs[1]}".format(i, loss=losses, xs=rows)
 -> "{0} {loss_val:.4f} {xs_1}".format(i, loss_val=losses.val, xs_1=rows[1])

Only of variables and their attributes, which can be read more than once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from string import Formatter

import libcst as cst

from py2cpp_autograd.frontend.normalize.spans import Spans, with_substitutions
from py2cpp_autograd.frontend.parse import Source

_FIELD = re.compile(r"(\w*)((?:\.\w+|\[\w+\])*)")
_STEP = re.compile(r"\.(\w+)|\[(\w+)\]")


def spell_out_format_fields(source: Source) -> Source:
    """The source with the attributes and items that texts name as arguments of `format`."""
    if ".format" not in source.text:
        return source
    return with_substitutions(source, _spelled_out)


def _spelled_out(spans: Spans, node: cst.CSTNode) -> cst.Call | None:
    match node:
        case cst.Call(func=cst.Attribute(value=cst.SimpleString() | cst.ConcatenatedString() as written) as func) if (
            func.attr.value == "format"
        ):
            text = written.evaluated_value
        case _:
            return None
    if not isinstance(text, str) or any(argument.star for argument in node.args) or not _looks_inside(text):
        return None
    fields = _Fields(spans, node)
    try:
        changed = "".join(fields.rewritten(text))
    except _NotPlain:
        return None
    made = spans.placed(cst.SimpleString(repr(changed)), written)
    return spans.changed(node, func=spans.changed(func, value=made), args=[*fields.arguments()])


def _looks_inside(text: str) -> bool:
    try:
        return any(name is not None and re.search(r"[.\[]", name) for _, name, _, _ in Formatter().parse(text))
    except ValueError:  # no template, which lowering says
        return False


class _NotPlain(Exception):
    """A field that this pass does not take."""


@dataclass
class _Fields:
    """The fields of one call, and the arguments that they get."""

    spans: Spans
    node: cst.Call
    made: dict[str, cst.Arg] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)  # arguments that are shown as they are
    next: int = 0

    def rewritten(self, text: str) -> Iterator[str]:
        """The parts of the new text."""
        for literal, name, spec, conversion in Formatter().parse(text):
            yield literal.replace("{", "{{").replace("}", "}}")
            if name is not None:
                shown = self._renamed(name)
                yield f"{{{shown}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}}}"
            if spec and "{" in spec:
                raise _NotPlain

    def arguments(self) -> Iterator[cst.Arg]:
        """The arguments that are shown as they are, in their places, and those that fields made."""
        for argument in self.node.args:
            if argument.keyword is None or argument.keyword.value in self.used:
                yield argument
        yield from self.made.values()

    def _renamed(self, name: str) -> str:
        found = _FIELD.fullmatch(name)
        if found is None:
            raise _NotPlain
        first, steps = found.groups()
        if not first:
            first, self.next = str(self.next), self.next + 1
        if not steps:
            self.used.add(first)
            return first
        value = self._argument(first)
        for attribute, item in _STEP.findall(steps):
            value = self.spans.placed_whole(_step(value, attribute, item), self.node)
        word = re.sub(r"\W+", "_", f"{'value' if first.isdigit() else ''}{first}{steps}").strip("_")
        while word in {argument.keyword.value for argument in self.node.args if argument.keyword is not None}:
            word += "_"
        self.made[word] = self.spans.placed_whole(cst.Arg(value, cst.Name(word)), self.node)
        return word

    def _argument(self, name: str) -> cst.BaseExpression:
        positional = [argument for argument in self.node.args if argument.keyword is None]
        named = {argument.keyword.value: argument for argument in self.node.args if argument.keyword is not None}
        if name.isdigit() and int(name) < len(positional):
            value = positional[int(name)].value
        elif name in named:
            value = named[name].value
        else:
            raise _NotPlain
        if not _is_plain(value):
            raise _NotPlain
        return self.spans.placed_whole(value.deep_clone(), value)


def _is_plain(node: cst.BaseExpression) -> bool:
    """Whether it is a variable, or an attribute of one."""
    return isinstance(node, cst.Name) or (isinstance(node, cst.Attribute) and _is_plain(node.value))


def _step(value: cst.BaseExpression, attribute: str, item: str) -> cst.BaseExpression:
    if attribute:
        return cst.Attribute(value, cst.Name(attribute))
    index = cst.Integer(item) if item.isdigit() else cst.SimpleString(repr(item))
    return cst.Subscript(value, [cst.SubscriptElement(cst.Index(index))])
