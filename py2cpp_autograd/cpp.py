"""The C++ tree: what the backend builds and `cpp_text` prints, once, with precedence and source spans.

Names are C++ spellings (`torch::NoGradGuard`); nothing here knows Python or PyTorch. A `span` is the Python
range that a node came from, for the source map; None where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from py2cpp_autograd.span import Span

# ---------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Name:
    """A (qualified) identifier or type name: `x`, `torch::kFloat64`, `std::vector<torch::Tensor>`."""

    text: str
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Int:
    """An integer literal of int64."""

    value: int
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Float:
    """A double literal, printed so that it reads back to the same bits."""

    value: float
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Bool:
    """`true` or `false`."""

    value: bool
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class String:
    """A string literal (UTF-8); one that holds NUL prints as a sized std::string."""

    value: str
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`callee(arguments)`."""

    callee: Expr
    arguments: tuple[Expr, ...]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Member:
    """`object.name`, or `object->name`."""

    object: Expr
    name: str
    arrow: bool = False
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Index:
    """`object[index]`."""

    object: Expr
    index: Expr
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """A prefix operator: `-x`, `!x`, `*x`, `&x`, `~x`, `++x`."""

    operator: str
    operand: Expr
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """A binary operator, assignments included: `a + b`, `a = b`, `a << b`."""

    operator: str
    left: Expr
    right: Expr
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Ternary:
    """`test ? body : orelse`."""

    test: Expr
    body: Expr
    orelse: Expr
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Brace:
    """`type{elements}`, or a bare `{elements}` when type is None."""

    type: Expr | None
    elements: tuple[Expr, ...]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Commented:
    """`/*name=*/value`: an argument with its parameter's name."""

    name: str
    value: Expr
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """`type name` or `type name = default` in a parameter list."""

    type: str
    name: str
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class Lambda:
    """`[captures](parameters) -> result { body }`; result None lets C++ deduce it."""

    captures: str
    parameters: tuple[Parameter, ...]
    result: str | None
    body: tuple[Stmt, ...]
    mutable: bool = False
    span: Span | None = field(default=None, compare=False)


Expr = (
    Name | Int | Float | Bool | String | Call | Member | Index | Unary | Binary | Ternary | Brace | Commented | Lambda
)

# ------------------------------------------------------------------------------------------ statements


@dataclass(frozen=True, slots=True)
class Declare:
    """`type name = value;`, `type name;`, or `type name{...};` / `type name(...);` (value in `constructor`)."""

    type: str
    name: str
    value: Expr | None = None
    constructor: tuple[Expr, ...] | None = None
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Bind:
    """`auto [a, b] = value;`."""

    names: tuple[str, ...]
    value: Expr
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Do:
    """An expression statement: `expr;`."""

    value: Expr
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Probe:
    """A recorder line: printed only in the probed text, each on lines of its own."""

    statement: Do | Declare


@dataclass(frozen=True, slots=True)
class If:
    """`if (test) { body } else { orelse }`; an If alone in `orelse` prints as `else if`."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...] = ()
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class While:
    """`while (test) { body }`."""

    test: Expr
    body: tuple[Stmt, ...]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class For:
    """`for (init; test; step) { body }`."""

    init: Declare
    test: Expr
    step: Expr
    body: tuple[Stmt, ...]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class RangeFor:
    """`for (type name : range) { body }`; name may be a structured binding `[a, b]`."""

    type: str
    name: str
    range: Expr
    body: tuple[Stmt, ...]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Block:
    """`{ body }`."""

    body: tuple[Stmt, ...]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Catch:
    """`catch (declaration) { ... }`."""

    declaration: str
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Try:
    """`try { ... } catch ...`."""

    body: tuple[Stmt, ...]
    catches: tuple[Catch, ...]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Return:
    """`return value;`."""

    value: Expr | None
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Jump:
    """`break;` or `continue;`."""

    keyword: str
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Throw:
    """`throw value;`."""

    value: Expr
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Comment:
    """`// text`; an empty line when text is None; `trailing` ones share the line of the statement before."""

    text: str | None
    trailing: bool = False


Stmt = Declare | Bind | Do | Probe | If | While | For | RangeFor | Block | Try | Return | Jump | Throw | Comment

# ---------------------------------------------------------------------------------------- declarations


@dataclass(frozen=True, slots=True)
class Function:
    """A function: a prototype (`name(parameters);`) when body is None."""

    result: str
    name: str
    parameters: tuple[Parameter, ...]
    body: tuple[Stmt, ...] | None
    prefix: str = ""  # "static", "explicit"
    initializers: tuple[tuple[str, tuple[Expr, ...]], ...] = ()
    suffix: str = ""  # "const", "override"
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Struct:
    """`struct name : bases { members };`; `struct name;` when members is None."""

    name: str
    bases: str
    members: tuple[Declaration, ...] | None
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class MacroCall:
    """`TORCH_MODULE(Net);` at namespace scope, or a macro in a class."""

    name: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Enum:
    """`enum class name { members };`."""

    name: str
    members: tuple[str, ...]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Using:
    """`using namespace name;`."""

    namespace: str


Declaration = Function | Struct | Enum | MacroCall | Declare | Probe | Comment | Using


@dataclass(frozen=True, slots=True)
class Section:
    """`namespace name { declarations }`."""

    namespace: str
    declarations: tuple[Declaration, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A translation unit: includes in order, namespaces, then (scripts) `main` outside of them."""

    header: tuple[Comment, ...]
    includes: tuple[str, ...]
    sections: tuple[Section, ...]
    main: Function | None
