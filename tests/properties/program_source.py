"""Small Python programs, made at random from a seed: typed, and valid by construction, so that only values can differ.

Every expression has a type that the maker knows; divisors are never zero, indices are in range, numbers stay small.
What is made is printed, or kept in module-level variables, which `verify` compares bit for bit.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

#: The types of variables; "tensor" has shape (3,).
TYPES = ("int", "float", "bool", "str", "ints", "floats", "table", "tensor")
_PLAIN = ("int", "float", "bool", "str")


@dataclass
class Function:
    """A function of the program: the types of its parameters, and of its result."""

    name: str
    parameters: tuple[str, ...]
    result: str


@dataclass
class Maker:
    """Makes one program."""

    random: random.Random
    lines: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)  # name to type, of the scope at hand
    fixed: set[str] = field(default_factory=set)  # loop variables, and what loops run over
    functions: list[Function] = field(default_factory=list)
    depth: int = 0
    count: int = 0
    in_loop: bool = False
    in_function: bool = False

    # ------------------------------------------------------------------------------------- expressions

    def expression(self, type_: str, depth: int = 2) -> str:
        """An expression of a type."""
        names = [name for name, found in self.variables.items() if found == type_]
        if names and (depth <= 0 or self.random.random() < 0.35):
            return self.random.choice(names)
        if depth <= 0:
            return self._literal(type_)
        return self.random.choice(_EXPRESSIONS[type_])(self, depth - 1)

    def _literal(self, type_: str) -> str:
        choose = self.random.choice
        match type_:
            case "int":
                return str(self.random.randint(-9, 20))
            case "float":
                return choose(["0.5", "-1.25", "3.0", "1e-3", "2.75", "-0.0", "100.0", "0.1"])
            case "bool":
                return choose(["True", "False"])
            case "str":
                return choose(['"a"', '"bc"', '"x y"', '"Zed"', '""'])
            case "ints":
                return f"[{', '.join(str(self.random.randint(-5, 9)) for _ in range(self.random.randint(1, 4)))}]"
            case "floats":
                return f"[{', '.join(self._literal('float') for _ in range(self.random.randint(1, 3)))}]"
            case "table":
                keys = self.random.sample(["k", "m", "n", "p"], self.random.randint(1, 3))
                return "{" + ", ".join(f'"{key}": {self.random.randint(0, 9)}' for key in keys) + "}"
            case _:
                return f"torch.tensor([{', '.join(choose(['0.5', '-1.0', '2.0', '0.25']) for _ in range(3))}])"

    def call(self, type_: str, depth: int) -> str:
        """A call of a function of the program, where one gives the type."""
        fitting = [function for function in self.functions if function.result == type_]
        if not fitting:
            return self.expression(type_, depth - 1) if depth > 0 else self._literal(type_)
        function = self.random.choice(fitting)
        return f"{function.name}({', '.join(self.expression(kind, min(depth, 1)) for kind in function.parameters)})"

    # -------------------------------------------------------------------------------------- statements

    def line(self, text: str) -> None:
        """One line, at the depth of the block."""
        self.lines.append("    " * self.depth + text)

    def fresh(self, stem: str = "v") -> str:
        """A new name."""
        self.count += 1
        return f"{stem}{self.count}"

    def block(self, statements: int) -> None:
        """An indented block; what it assigns first is not known behind it."""
        before, start = dict(self.variables), len(self.lines)
        self.depth += 1
        for _ in range(statements):
            self.statement()
        if len(self.lines) == start:
            self.line("pass")
        self.depth -= 1
        self.variables = before

    def statement(self) -> None:
        """One statement."""
        simple = [_assign, _assign, _reassign, _augment, _print, _store, _change]
        compound = [_if, _for, _while, _try, _enumerate] if self.depth < 3 else []
        self.random.choice(simple + compound)(self)

    def function(self) -> None:
        """A function of some parameters, defined and remembered."""
        name = self.fresh("f")
        parameters = tuple(self.random.choice([*_PLAIN, "tensor"]) for _ in range(self.random.randint(1, 3)))
        result = self.random.choice(["int", "float", "str", "tensor"])
        names = [self.fresh("p") for _ in parameters]
        self.line(f"def {name}({', '.join(names)}):")
        outer, self.variables = self.variables, dict(zip(names, parameters, strict=True))
        self.depth, self.in_function = self.depth + 1, True
        for _ in range(self.random.randint(1, 4)):
            self.statement()
        self.line(f"return {self.expression(result)}")
        self.depth, self.in_function, self.variables = self.depth - 1, False, outer
        self.lines += ["", ""]
        self.functions.append(Function(name, parameters, result))


def _assign(maker: Maker) -> None:
    type_ = maker.random.choice(TYPES)
    value = maker.expression(type_)
    if type_ in {"ints", "floats", "table"} and value in maker.variables:
        value = maker._literal(type_)  # two names for one list are for another test
    name = maker.fresh()
    maker.line(f"{name} = {value}")
    maker.variables[name] = type_


def _chosen(maker: Maker, *types: str) -> str | None:
    """One of the variables of these types that may be changed."""
    names = [name for name, type_ in maker.variables.items() if type_ in types and name not in maker.fixed]
    return maker.random.choice(names) if names else None


def _reassign(maker: Maker) -> None:
    name = _chosen(maker, *_PLAIN, "tensor")
    if name is not None:
        maker.line(f"{name} = {maker.expression(maker.variables[name])}")


def _augment(maker: Maker) -> None:
    name = _chosen(maker, "int", "float", "str")
    if name is None:
        return
    match maker.variables[name]:
        case "int":
            maker.line(f"{name} {maker.random.choice(['+=', '-='])} {maker.expression('int', 1)} % 7")
        case "float":
            maker.line(f"{name} {maker.random.choice(['+=', '-=', '*='])} {maker._literal('float')}")
        case _:
            maker.line(f'{name} += "{maker.random.choice("qrs")}"')


def _print(maker: Maker) -> None:
    types = [maker.random.choice([*_PLAIN, "ints"]) for _ in range(maker.random.randint(1, 3))]
    if maker.random.random() < 0.4:
        parts = [f"{{{maker.expression(kind, 0)}}}" for kind in types if kind in {"int", "float", "bool"}]
        maker.line(f"print(f\"t {' '.join(parts)} {{{maker.expression('float', 0)}:.3f}}\")")
    else:
        maker.line(f"print({', '.join(maker.expression(kind, 1) for kind in types)})")


def _store(maker: Maker) -> None:
    name = _chosen(maker, "table", "ints", "floats")
    if name is None:
        return
    match maker.variables[name]:
        case "table":
            maker.line(f'{name}["{maker.random.choice("kmxy")}"] = {maker.expression("int", 1)}')
        case "ints":
            maker.line(f"{name}[{maker.random.choice(['0', '-1'])}] = {maker.expression('int', 1)}")
        case _:
            maker.line(f"{name}[0] = {maker.expression('float', 1)}")


def _change(maker: Maker) -> None:
    name = None if maker.in_loop and maker.depth > 2 else _chosen(maker, "ints", "floats")
    if name is not None:
        element = "int" if maker.variables[name] == "ints" else "float"
        maker.line(f"{name}.append({maker.expression(element, 1)})")


def _if(maker: Maker) -> None:
    maker.line(f"if {maker.expression('bool')}:")
    maker.block(maker.random.randint(1, 3))
    if maker.random.random() < 0.5:
        maker.line("else:")
        maker.block(maker.random.randint(1, 2))


def _loop_body(maker: Maker, fixed: set[str]) -> None:
    before, was_in_loop = set(maker.fixed), maker.in_loop
    maker.fixed |= fixed
    maker.in_loop = True
    known = dict(maker.variables)
    maker.block(maker.random.randint(1, 3))
    if maker.random.random() < 0.3:
        maker.depth += 1
        maker.line(f"if {maker.expression('bool', 1)}:")
        maker.line(f"    {maker.random.choice(['break', 'continue'])}")
        maker.depth -= 1
    maker.fixed, maker.in_loop, maker.variables = before, was_in_loop, known


def _for(maker: Maker) -> None:
    name = maker.fresh("i")
    known = dict(maker.variables)
    lists = [found for found, type_ in known.items() if type_ == "ints"]
    if lists and maker.random.random() < 0.4:
        over = maker.random.choice(lists)
        maker.line(f"for {name} in {over}:")
    else:
        over = ""
        maker.line(f"for {name} in range({maker.random.choice(['3', '1, 4', '6, 0, -2', '0'])}):")
    maker.variables[name] = "int"
    _loop_body(maker, {name, over})
    maker.variables = known


def _enumerate(maker: Maker) -> None:
    lists = [found for found, type_ in maker.variables.items() if type_ == "floats"]
    if not lists:
        return
    index, item, over = maker.fresh("i"), maker.fresh("e"), maker.random.choice(lists)
    known = dict(maker.variables)
    maker.line(f"for {index}, {item} in enumerate({over}):")
    maker.variables |= {index: "int", item: "float"}
    _loop_body(maker, {index, item, over})
    maker.variables = known


def _while(maker: Maker) -> None:
    name = maker.fresh("n")
    maker.line(f"{name} = {maker.random.randint(1, 4)}")
    maker.variables[name] = "int"
    maker.line(f"while {name} > 0:")
    maker.line(f"    {name} -= 1")
    before = set(maker.fixed)
    maker.fixed.add(name)
    _loop_body(maker, {name})
    maker.fixed = before | {name}


def _try(maker: Maker) -> None:
    maker.line("try:")
    maker.block(1)
    maker.line(f"    if {maker.expression('bool', 1)}:")
    maker.line(f"        raise {maker.random.choice(['ValueError', 'KeyError', 'RuntimeError'])}(\"no\")")
    maker.line(f"except {maker.random.choice(['ValueError', '(ValueError, KeyError)', 'Exception'])}:")
    maker.block(1)
    maker.line("except (KeyError, RuntimeError):")
    maker.block(1)


Make = Callable[[Maker, int], str]


def _binary(type_: str, *operators: str) -> Make:
    def make(maker: Maker, depth: int) -> str:
        operator = maker.random.choice(operators)
        return f"({maker.expression(type_, depth)} {operator} {maker.expression(type_, depth)})"

    return make


def _template(text: str) -> Make:
    """An expression with holes: `<int>` is an int."""

    def make(maker: Maker, depth: int) -> str:
        made = text
        for type_ in TYPES:
            while f"<{type_}>" in made:
                value = maker.expression(type_, depth)
                made = made.replace(f"<{type_}>", value if value.isidentifier() else f"({value})", 1)
        return made

    return make


def _called(type_: str) -> Make:
    return lambda maker, depth: maker.call(type_, depth)


_EXPRESSIONS: dict[str, list[Make]] = {
    "int": [
        _binary("int", "+", "-"), _template("(<int> * <int>) % 101"), _template("<int> // (abs(<int>) + 1)"),
        _template("len(<ints>)"), _template("(<int> if <bool> else <int>)"), _template("sum(<ints>) % 50"),
        _template("max(<int>, <int>)"), _template("int(<float>) % 10"), _template("<ints>[0]"), _called("int"),
        _template("-<int>"), _template("len(<str>)"), _template('<table>.get("k", <int>)'),
        _template("<int> % (abs(<int>) + 2)"), _template("sum([q * 2 for q in <ints> if q > 0]) % 30"),
    ],
    "float": [
        _binary("float", "+", "-", "*"), _template("<float> / (abs(<float>) + 1.0)"), _template("abs(<float>)"),
        _template("float(<int>)"), _template("(<float> if <bool> else <float>)"), _template("<tensor>.sum().item()"),
        _template("<floats>[-1]"), _template("<int> / 4"), _called("float"), _template("min(<float>, <float>)"),
        _template("round(<float>, 2)"), _template("<float> % 3.0"), _template("<float> // 2.0"),
    ],
    "bool": [
        _binary("int", "<", "<=", "==", "!="), _binary("float", "<", ">="), _binary("bool", "and", "or"),
        _template("not <bool>"), _template('"k" in <table>'), _template("<int> in <ints>"), _binary("str", "==", "<"),
        _template("0 < <int> < 9"), _template("bool(<ints>)"), _template("any(q > 2 for q in <ints>)"),
    ],
    "str": [
        _binary("str", "+"), _template("str(<int>)"), _template("str(<float>)"), _template("<str>.upper()"),
        _template("(<str> if <bool> else <str>)"), _template("<str> * 2"), _called("str"),
        _template('"-".join([str(q) for q in <ints>])'), _template("str(<bool>)"), _template("<str>[:2]"),
    ],
    "ints": [
        _template("[q + <int> for q in <ints>]"), _template("sorted(<ints>)"), _template("<ints> + [<int>]"),
        _template("[q * q for q in range(3)] + [<int>]"), _template("list(reversed(<ints>))"),
    ],
    "floats": [
        _template("[<float>, <float>]"), _template("[q / 2 for q in <ints>]"), _template("<floats> + [<float>]"),
        _template("[r * <float> for r in <floats>]"),
    ],
    "table": [
        _template('{"k": <int>, "z": <int>}'), _template("{str(q): q for q in <ints>}"),
    ],
    "tensor": [
        _binary("tensor", "+", "-", "*"), _template("<tensor> * <float>"), _template("torch.tanh(<tensor>)"),
        _template("torch.where(<tensor> > 0, <tensor>, <tensor>)"), _template("<tensor>.abs().sqrt()"),
        _called("tensor"),
        _template("(<tensor> if <bool> else <tensor>)"), _template("torch.cat([<tensor>[:2], <tensor>[2:]])"),
        _template("<tensor>.detach()"), _template("(<tensor>).clamp(min=-1.0, max=<float>)"),
    ],
}  # fmt: skip


def program(seed: int) -> str:
    """A program."""
    maker = Maker(random.Random(seed))
    maker.lines += ["import torch", ""]
    for _ in range(maker.random.randint(1, 3)):
        maker.function()
    maker.line("x = torch.tensor([0.5, -1.5, 2.0], requires_grad=True)")
    maker.variables["x"] = "tensor"
    maker.fixed.add("x")
    for _ in range(maker.random.randint(6, 12)):
        maker.statement()
    maker.line(f"loss = ({maker.expression('tensor')} * x).sum()")
    maker.line("loss.backward()")
    return "\n".join(maker.lines) + "\n"
