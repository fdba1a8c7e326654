"""Prints a C++ tree, once: precedence, line breaks, safe literals and comments, source spans.

Two texts come out of one walk: the emitted one, and the probed one, which has the recorder lines as well.
The source map is that of the emitted text.
"""

from __future__ import annotations

from dataclasses import dataclass

from py2cpp_autograd import cpp
from py2cpp_autograd.cpp_literals import comment_lines, float_literal, int_literal, string_literal
from py2cpp_autograd.cpp_precedence import ASSIGNMENT, BINARY, POSTFIX, TERNARY, UNARY, is_misread, precedence
from py2cpp_autograd.span import Position, Span

MAX_WIDTH = 110


@dataclass(frozen=True)
class Printed:
    """The two texts of a unit, and pairs of C++ and Python ranges for the emitted one."""

    text: str
    probed_text: str
    source_map: tuple[tuple[Span, Span], ...]


@dataclass(frozen=True)
class _Piece:
    """Text of an expression with the spans inside it, as offsets."""

    text: str
    marks: tuple[tuple[int, int, Span], ...] = ()

    def shifted(self, offset: int) -> tuple[tuple[int, int, Span], ...]:
        return tuple((start + offset, end + offset, span) for start, end, span in self.marks)


def _join(*parts: str | _Piece) -> _Piece:
    text = ""
    marks: list[tuple[int, int, Span]] = []
    for part in parts:
        piece = _Piece(part) if isinstance(part, str) else part
        marks += piece.shifted(len(text))
        text += piece.text
    return _Piece(text, tuple(marks))


def _joined(separator: str, parts: list[_Piece]) -> _Piece:
    woven: list[str | _Piece] = []
    for index, part in enumerate(parts):
        woven += [separator, part] if index else [part]
    return _join(*woven)


def _may_declare(argument: cpp.Expr) -> bool:
    """Whether C++ could read an argument as the parameter of a function, `Options()` or `Options(size)`.

    If all are such, `Net net(Options(size));` declares a function.
    """
    if not isinstance(argument, cpp.Call) or not isinstance(argument.callee, cpp.Name) or len(argument.arguments) > 1:
        return False
    return all(isinstance(inner, cpp.Name) or _may_declare(inner) for inner in argument.arguments)


class _Printer:
    def __init__(self) -> None:
        self.lines: list[tuple[str, tuple[tuple[int, int, Span], ...], bool]] = []
        self.indent = 0
        self.probe = False

    # ------------------------------------------------------------------------------------- expressions

    def expression(self, node: cpp.Expr, minimum: int = 0) -> _Piece:
        piece = self._plain(node)
        if precedence(node) < minimum:
            piece = _join("(", piece, ")")
        if node.span is not None:
            piece = _Piece(piece.text, (*piece.marks, (0, len(piece.text), node.span)))
        return piece

    def _plain(self, node: cpp.Expr) -> _Piece:
        match node:
            case cpp.Name(text=text):
                return _Piece(text)
            case cpp.Int(value=value):
                return _Piece(int_literal(value))
            case cpp.Float(value=value):
                return _Piece(float_literal(value))
            case cpp.Bool(value=value):
                return _Piece("true" if value else "false")
            case cpp.String(value=value):
                return _Piece(string_literal(value))
            case cpp.Call(callee=callee, arguments=arguments):
                return _join(self.expression(callee, POSTFIX), "(", self.list(arguments), ")")
            case cpp.Member(object=inner, name=name, arrow=arrow):
                return _join(self.expression(inner, POSTFIX), "->" if arrow else ".", name)
            case cpp.Index(object=inner, index=index):
                return _join(self.expression(inner, POSTFIX), "[", self.expression(index), "]")
            case cpp.Commented(name=name, value=value):
                return _join(f"/*{name}=*/", self.expression(value, ASSIGNMENT))
            case cpp.Brace(type=type_, elements=elements):
                head = _Piece("") if type_ is None else self.expression(type_)
                return _join(head, "{", self.list(elements), "}")
            case cpp.Lambda():
                return self._lambda(node)
            case _:
                return self._operator(node)

    def _operator(self, node: cpp.Expr) -> _Piece:
        match node:
            case cpp.Unary(operator=operator, operand=operand):
                inner = self.expression(operand, UNARY)
                glue = " " if inner.text[:1] == operator[-1:] else ""
                return _join(operator + glue, inner)
            case cpp.Ternary(test=test, body=body, orelse=orelse):
                parts = self.expression(test, TERNARY + 1), self.expression(body, TERNARY + 1)
                return _join(parts[0], " ? ", parts[1], " : ", self.expression(orelse, TERNARY))
            case cpp.Binary(operator=operator, left=left, right=right):
                level = BINARY.get(operator, ASSIGNMENT)
                assigns = operator not in BINARY
                first = self.expression(left, level + assigns)
                second = self.expression(right, level + (not assigns))
                if is_misread(operator, left) and precedence(left) >= level + assigns:
                    first = _join("(", first, ")")
                if is_misread(operator, right) and precedence(right) >= level + (not assigns):
                    second = _join("(", second, ")")
                return _join(first, f" {operator} ", second)
            case _:
                raise TypeError(f"no C++ expression: {node!r}")

    def list(self, nodes: tuple[cpp.Expr, ...]) -> _Piece:
        return _joined(", ", [self.expression(node, ASSIGNMENT) for node in nodes])

    def _lambda(self, node: cpp.Lambda) -> _Piece:
        parameters = _joined(", ", [self._parameter(parameter) for parameter in node.parameters])
        head = _join(f"[{node.captures}](", parameters, ")", " mutable" if node.mutable else "")
        if node.result is not None:
            head = _join(head, f" -> {node.result}")
        if len(node.body) == 1 and isinstance(node.body[0], cpp.Return) and node.body[0].value is not None:
            return _join(head, " { return ", self.expression(node.body[0].value), "; }")
        if not node.body:
            return _join(head, " {}")
        inner = _Printer()
        inner.indent, inner.probe = self.indent + 1, self.probe
        inner.statements(node.body)
        body = _Piece("")
        for text, marks, is_probe in inner.lines:
            line = _Piece(f"{_PROBE_MARK}{text}" if is_probe else text, marks)
            body = _join(body, "\n", line)
        return _join(head, " {", body, "\n" + "  " * self.indent + "}")

    def _parameter(self, parameter: cpp.Parameter) -> _Piece:
        head = _Piece(f"{parameter.type} {parameter.name}".rstrip())
        if parameter.default is None:
            return head
        return _join(head, " = ", self.expression(parameter.default, ASSIGNMENT))

    # -------------------------------------------------------------------------------------- statements

    def line(self, piece: _Piece | str, span: Span | None = None) -> None:
        found = _Piece(piece) if isinstance(piece, str) else piece
        prefix = "  " * self.indent if found.text else ""
        marks = found.marks if span is None else (*found.marks, (0, len(found.text), span))
        shifted = _Piece(found.text, marks).shifted(len(prefix))
        offset = 0
        for index, text in enumerate((prefix + found.text).split("\n")):
            probe = self.probe or text.startswith(_PROBE_MARK)
            shown = text.removeprefix(_PROBE_MARK)
            end = offset + len(text)
            inside = [
                (max(start, offset) - offset, min(stop, end) - offset, where)
                for start, stop, where in shifted
                if start < end and stop > offset and not (index and start <= offset and stop >= end)
            ]
            self.lines.append((shown, tuple(inside), probe))
            offset = end + 1

    def statements(self, nodes: tuple[cpp.Stmt, ...]) -> None:
        for node in nodes:
            self.statement(node)

    def statement(self, node: cpp.Stmt) -> None:
        match node:
            case cpp.Comment():
                self.comment(node)
            case cpp.Probe(statement=statement):
                self.probe = True
                self.statement(statement)
                self.probe = False
            case cpp.Declare():
                self.line(_join(self._declaration(node), ";"), node.span)
            case cpp.Bind(names=names, value=value):
                self.line(_join(f"auto [{', '.join(names)}] = ", self.expression(value), ";"), node.span)
            case cpp.Do(value=value):
                self._wrapped(self.expression(value), value, node.span)
            case cpp.Return(value=value):
                self.line(
                    _Piece("return;") if value is None else _join("return ", self.expression(value), ";"), node.span
                )
            case cpp.Jump(keyword=keyword):
                self.line(f"{keyword};", node.span)
            case cpp.Throw(value=value):
                self.line(_join("throw ", self.expression(value), ";"), node.span)
            case _:
                self._compound(node)

    def _wrapped(self, piece: _Piece, value: cpp.Expr, span: Span | None) -> None:
        """A long chain of `<<` continues on lines of its own; other expressions stay on theirs."""
        if len(piece.text) + 2 * self.indent <= MAX_WIDTH or not _is_stream(value):
            self.line(_join(piece, ";"), span)
            return
        lines, continuation = [_Piece("")], "  " * (self.indent + 2)
        for index, operand in enumerate(_operands(value)):
            part = _join(" << " if index else "", self.expression(operand, BINARY["<<"] + 1))
            if index and len(lines[-1].text) + len(part.text) > MAX_WIDTH - 2 * self.indent:
                lines.append(_join(continuation, part.text[1:]))
            else:
                lines[-1] = _join(lines[-1], part)
        self.line(_join(_joined("\n", lines), ";"), span)

    def _declaration(self, node: cpp.Declare) -> _Piece:
        head = f"{node.type} {node.name}"
        if node.constructor and all(map(_may_declare, node.constructor)):
            return _join(f"auto {node.name} = {node.type}(", self.list(node.constructor), ")")
        if node.constructor is not None:
            brackets = "()" if node.constructor else ("", "")
            return _join(head, brackets[0], self.list(node.constructor), brackets[1])
        if node.value is None:
            return _Piece(head)
        if isinstance(node.value, cpp.Brace) and node.value.type is None and node.type != "auto":
            return _join(head, self.expression(node.value))
        return _join(head, " = ", self.expression(node.value))

    def _compound(self, node: cpp.Stmt) -> None:
        match node:
            case cpp.If():
                self._if(node, _Piece(""))
            case cpp.While(test=test, body=body):
                self._block(_join("while (", self.expression(test), ") {"), body, node.span)
            case cpp.For(init=init, test=test, step=step, body=body):
                parts = self._declaration(init), self.expression(test), self.expression(step)
                self._block(_join("for (", parts[0], "; ", parts[1], "; ", parts[2], ") {"), body, node.span)
            case cpp.RangeFor(type=type_, name=name, range=range_, body=body):
                head = _join(f"for ({type_} {name} : ", self.expression(range_), ") {")
                self._block(head, body, node.span)
            case cpp.Block(body=body):
                self._block(_Piece("{"), body, node.span)
            case cpp.Try(body=body, catches=catches):
                self._try(body, catches, node.span)
            case _:
                raise TypeError(f"no C++ statement: {node!r}")

    def _block(self, head: _Piece, body: tuple[cpp.Stmt, ...], span: Span | None) -> None:
        self.line(head, span)
        self.indent += 1
        self.statements(body)
        self.indent -= 1
        self.line("}")

    def _try(self, body: tuple[cpp.Stmt, ...], catches: tuple[cpp.Catch, ...], span: Span | None) -> None:
        self.line("try {", span)
        for catch in (None, *catches):
            if catch is not None:
                self.line(f"}} catch ({catch.declaration}) {{")
            self.indent += 1
            self.statements(body if catch is None else catch.body)
            self.indent -= 1
        self.line("}")

    def _if(self, node: cpp.If, lead: _Piece) -> None:
        self.line(_join(lead, "if (", self.expression(node.test), ") {"), node.span)
        self.indent += 1
        self.statements(node.body)
        self.indent -= 1
        if not node.orelse:
            self.line("}")
        elif len(node.orelse) == 1 and isinstance(node.orelse[0], cpp.If):
            self._if(node.orelse[0], _Piece("} else "))
        else:
            self._block(_Piece("} else {"), node.orelse, None)

    def comment(self, node: cpp.Comment) -> None:
        if node.text is None:
            if self.lines and self.lines[-1][0] and not self.lines[-1][0].endswith("{"):
                self.line("")
            return
        lines = comment_lines(node.text)
        last = next((i for i in range(len(self.lines) - 1, -1, -1) if not self.lines[i][2]), None)
        if node.trailing and len(lines) == 1 and last is not None and self.lines[last][0].strip():
            text, marks, probe = self.lines[last]
            self.lines[last] = (f"{text}  {lines[0]}", marks, probe)
            return
        for line in lines:
            self.line(line)

    # ------------------------------------------------------------------------------------ declarations

    def declaration(self, node: cpp.Declaration) -> None:
        match node:
            case cpp.Function():
                self._function(node)
            case cpp.Struct(name=name, members=None):
                self.line(f"struct {name};", node.span)
            case cpp.Struct(name=name, bases=bases, members=members) if members is not None:
                self.line(f"struct {name}{f' : {bases}' if bases else ''} {{", node.span)
                self.indent += 1
                for member in members:
                    self.declaration(member)
                self.indent -= 1
                self.line("};")
            case cpp.Enum(name=name, members=names):
                self.line(f"enum class {name} {{ {', '.join(names)} }};", node.span)
            case cpp.MacroCall(name=name, arguments=arguments):
                self.line(_join(name, "(", self.list(arguments), ");"))
            case cpp.Declare() | cpp.Probe():
                self.statement(node)
            case cpp.Comment():
                self.comment(node)
            case cpp.Using(namespace=namespace):
                self.line(f"using namespace {namespace};")

    def _function(self, node: cpp.Function) -> None:
        parameters = _joined(", ", [self._parameter(parameter) for parameter in node.parameters])
        lead = " ".join(part for part in (node.prefix, node.result) if part)
        head = _join(f"{lead} {node.name}(".lstrip(), parameters, ")", f" {node.suffix}" if node.suffix else "")
        if node.initializers:
            made = [_join(f"{name}(", self.list(arguments), ")") for name, arguments in node.initializers]
            head = _join(head, " : ", _joined(", ", made))
        if node.body is None:
            self.line(_join(head, ";"), node.span)
        elif not node.body:
            self.line(_join(head, " {}"), node.span)
        else:
            self._block(_join(head, " {"), node.body, node.span)


_PROBE_MARK = "\x00"


def _is_stream(value: cpp.Expr) -> bool:
    return isinstance(value, cpp.Binary) and value.operator == "<<"


def _operands(value: cpp.Expr) -> list[cpp.Expr]:
    if isinstance(value, cpp.Binary) and value.operator == "<<":
        return [*_operands(value.left), value.right]
    return [value]


def print_unit(unit: cpp.Unit) -> Printed:
    """The texts and the source map of a translation unit."""
    printer = _Printer()
    for comment in unit.header:
        printer.comment(comment)
    for include in unit.includes:
        printer.line(f"#include {include}")
    printer.probe = True
    printer.line('#include "py2cpp/probe.h"')
    printer.probe = False
    for section in unit.sections:
        printer.line("")
        printer.line(f"namespace {section.namespace} {{\n")
        for declaration in section.declarations:
            printer.declaration(declaration)
        printer.line("")
        printer.line(f"}}  // namespace {section.namespace}")
    if unit.main is not None:
        printer.line("")
        printer.declaration(unit.main)
    return _assemble(_without_blank_runs(printer.lines))


def _without_blank_runs(
    lines: list[tuple[str, tuple[tuple[int, int, Span], ...], bool]],
) -> list[tuple[str, tuple[tuple[int, int, Span], ...], bool]]:
    """No two empty lines in a row, and none before a closing brace."""
    kept: list[tuple[str, tuple[tuple[int, int, Span], ...], bool]] = []
    for line in lines:
        last = next((text for text, _, probe in reversed(kept) if not probe), "")
        if not line[0] and not last:
            continue
        if line[0].strip().startswith("}") and not line[0].startswith("}  //") and kept and not kept[-1][0]:
            kept.pop()
        kept.append(line)
    return kept


def _assemble(lines: list[tuple[str, tuple[tuple[int, int, Span], ...], bool]]) -> Printed:
    emitted: list[str] = []
    mapping: list[tuple[Span, Span]] = []
    for text, marks, probe in lines:
        if probe:
            continue
        emitted.append(text)
        number = len(emitted)
        for start, end, span in marks:
            mapping.append((Span(Position(number, start), Position(number, end)), span))
    return Printed("\n".join(emitted) + "\n", "\n".join(text for text, _, _ in lines) + "\n", tuple(mapping))
