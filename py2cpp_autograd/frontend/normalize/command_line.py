"""A parser of the command line becomes an object that holds the defaults: a translated program is given no arguments.

    parser = argparse.ArgumentParser()                       class Arguments:
    parser.add_argument("--lr", type=float, default=0.1)  ->     def __init__(self):
    args = parser.parse_args()                                       self.lr = 0.1
                                                             args = Arguments()

Where an argument is required, or the parser is used in another way, the program stays as it is, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import libcst as cst

from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import children, walk

_MODULE, _PARSER, _ADD, _PARSE = "argparse", "ArgumentParser", "add_argument", "parse_args"
#: What says nothing about the value of an argument that is not given.
_SILENT = {"help", "metavar", "choices", "nargs", "type", "dest", "default", "action", "required", "const"}
_FLAGS = {"store_true": "False", "store_false": "True"}
_CONVERSIONS = {"int": int, "float": float}
_TYPES = {"int", "float", "str"}


def default_arguments(source: Source) -> Source:
    """The source with each parser of the command line as an object that holds the defaults."""
    if not any(_imports_parser(node) for node in source.module.body):
        return source
    if not source.own_names.isdisjoint(_TYPES):
        return source
    found = [parser for name in _parsers(source.module) if (parser := _Parser.of(source.module, name)) is not None]
    if len(found) != 1:
        return source
    (parser,) = found
    spans = Spans(source)
    changed = spans.substituted(source.module, parser.rewritten(spans))
    assert isinstance(changed, cst.Module)
    at = next(place for place, node in enumerate(changed.body) if not _is_import(node))
    body = [*changed.body[:at], parser.definition(spans), *changed.body[at:]]
    return replace(source, module=spans.changed(changed, body=body), positions=spans.positions)


def _is_import(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and isinstance(
        node.body[0], cst.Import | cst.ImportFrom | cst.Expr
    )


def _imports_parser(node: cst.CSTNode) -> bool:
    match node:
        case cst.SimpleStatementLine(body=[cst.Import(names=names)]):
            return any(isinstance(alias.name, cst.Name) and alias.name.value == _MODULE for alias in names)
        case cst.SimpleStatementLine(body=[cst.ImportFrom(module=cst.Name(value=module))]):
            return module == _MODULE
        case _:
            return False


def _parsers(module: cst.Module) -> Iterator[str]:
    """The names of the variables that hold a parser."""
    for node in walk(module):
        match node:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value) if _makes(value):
                yield name


def _makes(value: cst.CSTNode) -> bool:
    match value:
        case cst.Call(func=cst.Attribute(value=cst.Name(value=module), attr=cst.Name(value=name))):
            return (module, name) == (_MODULE, _PARSER)
        case cst.Call(func=cst.Name(value=name)):
            return name == _PARSER
        case _:
            return False


def _method(node: cst.CSTNode, name: str) -> str | None:
    """The method of the variable `name` that is called."""
    match node:
        case cst.Call(func=cst.Attribute(value=cst.Name(value=receiver), attr=cst.Name(value=method))):
            return method if receiver == name else None
        case _:
            return None


class _Parser:
    """One parser: its variable, the statements that make it, and the arguments with their defaults."""

    def __init__(self, name: str, type_name: str, made: Sequence[cst.CSTNode]) -> None:
        self.name, self.type_name, self.made = name, type_name, {id(node) for node in made}
        self.fields: dict[str, tuple[cst.BaseExpression, cst.CSTNode]] = {}

    @classmethod
    def of(cls, module: cst.Module, name: str) -> _Parser | None:
        """The parser that a variable holds; None where it is used in a way that only Python can follow."""
        names = [node.value for node in walk(module) if isinstance(node, cst.Name)]
        blocks = (node.body for node in walk(module) if isinstance(node, cst.Module | cst.IndentedBlock))
        for block in blocks:
            made = [line for line in block if isinstance(line, cst.SimpleStatementLine) and _builds(line, name)]
            if made and _makes_in(made[0]):
                parser = cls(name, "Arguments" if "Arguments" not in names else "Arguments_", made)
                parses = sum(_method(node, name) == _PARSE and _no_arguments(node) for node in _calls(module))
                known = all(map(parser.add, made[1:]))
                return parser if known and parses and names.count(name) == len(made) + parses else None
        return None

    def add(self, line: cst.SimpleStatementLine) -> bool:
        """Take an `add_argument`; False where the value without that argument cannot be told."""
        statement = line.body[0]
        call = statement.value if isinstance(statement, cst.Expr) else None
        if not isinstance(call, cst.Call):
            return False
        options = [_text(arg.value) for arg in call.args if arg.keyword is None and not arg.star]
        words = {arg.keyword.value: arg.value for arg in call.args if arg.keyword is not None}
        names = [option for option in options if option is not None and option.startswith("-")]
        if any(arg.star for arg in call.args) or not names or len(names) != len(options) or not words.keys() <= _SILENT:
            return False
        value = None if _is_true(words.get("required")) else _default(words)
        long = next((option for option in names if option.startswith("--")), names[0])
        field = _text(words["dest"]) if "dest" in words else long.lstrip("-").replace("-", "_")
        if value is None or field is None or not field.isidentifier() or field in self.fields:
            return False
        self.fields[field] = value, line
        return True

    def rewritten(self, spans: Spans) -> _Rule:
        """What stands in the place of each node: nothing for the parser's own statements."""
        return _Rule(self, spans)

    def definition(self, spans: Spans) -> cst.ClassDef:
        """The class of the object that holds the defaults."""
        lines = [_stored(spans, name, value, where) for name, (value, where) in self.fields.items()]
        where = next(iter(self.fields.values()))[1]
        parameters = cst.Parameters([cst.Param(cst.Name("self"))])
        method = cst.FunctionDef(cst.Name("__init__"), parameters, cst.IndentedBlock(lines))
        return spans.placed_whole(cst.ClassDef(cst.Name(self.type_name), cst.IndentedBlock([method])), where)


class _Rule:
    def __init__(self, parser: _Parser, spans: Spans) -> None:
        self.parser, self.spans = parser, spans

    def __call__(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node in another's place, if there is one."""
        if isinstance(node, cst.Module | cst.IndentedBlock) and any(id(line) in self.parser.made for line in node.body):
            kept = [line for line in node.body if id(line) not in self.parser.made]
            return self.spans.substituted(self.spans.changed(node, body=kept), self)
        if isinstance(node, cst.Call) and _method(node, self.parser.name) == _PARSE:
            made = cst.Call(self.spans.placed(cst.Name(self.parser.type_name), node.func))
            return self.spans.placed(made, node)
        return None


def _calls(module: cst.Module) -> Iterator[cst.Call]:
    return (node for node in walk(module) if isinstance(node, cst.Call))


def _no_arguments(call: cst.Call) -> bool:
    """Whether a parse reads the command line, of which a translated program has none, or an empty list."""
    return all(isinstance(arg.value, cst.List) and not arg.value.elements for arg in call.args)


def _builds(line: cst.SimpleStatementLine, name: str) -> bool:
    """Whether a statement makes the parser, or adds an argument to it."""
    match line.body:
        case [cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=target))], value=value)]:
            return target == name and _makes(value)
        case [cst.Expr(value=value)]:
            return _method(value, name) == _ADD
        case _:
            return False


def _makes_in(line: cst.SimpleStatementLine) -> bool:
    return isinstance(line.body[0], cst.Assign)


def _text(node: cst.BaseExpression) -> str | None:
    return str(node.evaluated_value) if isinstance(node, cst.SimpleString) else None


def _is_true(node: cst.BaseExpression | None) -> bool:
    return node is not None and not (isinstance(node, cst.Name) and node.value == "False")


def _default(words: dict[str, cst.BaseExpression]) -> cst.BaseExpression | None:
    """The value of an argument that is not given; None where it cannot be told."""
    action = _text(words["action"]) if "action" in words else "store"
    if action in _FLAGS:
        default = words.get("default", cst.Name(_FLAGS[action]))
        return default if _is_constant(default) else None
    if action != "store":
        return None
    default = words.get("default", cst.Name("None"))
    if not _is_constant(default):
        return None
    text = _text(default)
    kind = words.get("type")
    if text is None or kind is None or (isinstance(kind, cst.Name) and kind.value == "str"):
        return default
    # Python converts a default that is text, as it would what the user writes.
    convert = _CONVERSIONS.get(kind.value) if isinstance(kind, cst.Name) else None
    try:
        return None if convert is None else cst.parse_expression(repr(convert(text)))
    except ValueError:
        return None


def _is_constant(node: cst.CSTNode) -> bool:
    """Whether an expression has the same value wherever it stands."""
    if isinstance(node, cst.Name):
        return node.value in ("None", "True", "False")
    return not isinstance(node, cst.Call | cst.FormattedString | cst.Lambda) and all(map(_is_constant, children(node)))


def _stored(spans: Spans, name: str, value: cst.BaseExpression, where: cst.CSTNode) -> cst.SimpleStatementLine:
    target = cst.AssignTarget(cst.Attribute(cst.Name("self"), cst.Name(name)))
    return spans.placed_whole(cst.SimpleStatementLine([cst.Assign([target], value)]), where)
