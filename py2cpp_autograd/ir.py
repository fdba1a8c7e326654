"""The typed, structured IR: a Python program whose every name, call and type is settled.

Produced by `frontend.lower`, checked by `ir_check`, printed by `ir_text`, consumed by `backend`.
Loops stay loops and names stay the source's names. Nodes are frozen and flat: match on the class.
Every expression carries its static `type` and the `span` of the source that it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from py2cpp_autograd.layout import SINGLE, Layout
from py2cpp_autograd.span import Span
from py2cpp_autograd.types import Type

# ---------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: `2`, `0.5`, `1 + 2j`, `True`, `"sum"`, `None`. An int fits int64."""

    value: int | float | complex | bool | str | None
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A read of a variable, a parameter, or the instance (`self`). `checked`: some way here gives it no value."""

    name: str
    type: Type
    span: Span
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Argument:
    """A value given to parameter `parameter` of a row or function; `variadic` parameters hold a ListDisplay."""

    parameter: str
    value: Expr


@dataclass(frozen=True, slots=True)
class Apply:
    """A use of the API table: variant `variant` of row `row`, in `form`, with the arguments that were given.

    `x.sum(dim=1)` is `Apply("torch.Tensor.sum", 0, "call", (self=x, dim=1))`; a property read is the form
    "get" (`self`), a read of one item of a property (`x.shape[0]`) the form "item" (`self`, `index`),
    a constant such as `torch.float64` the form "value". The form "ordered" is a call whose C++ evaluates `self` first.
    """

    row: str
    variant: int
    form: OneOf["call", "ordered", "get", "item", "value"]
    arguments: tuple[Argument, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function of the program (module level or local), with one value per parameter, in order.

    Parameters that the call leaves out are absent at the end, to be served by the C++ default arguments.
    """

    function: str
    arguments: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class MethodCall:
    """A call of method `method` that class `instance.type` of the program defines; "forward" for `model(x)`."""

    instance: Expr
    method: str
    arguments: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class StaticCall:
    """A call of static or class method `method` of a class of the program."""

    class_name: str
    method: str
    arguments: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class ClassAttribute:
    """A read of an attribute of a class of the program."""

    class_name: str
    name: str
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class New:
    """The construction of an instance of a class of the program."""

    class_name: str
    arguments: tuple[Expr, ...]
    type: Type
    span: Span
    inherits: bool = False  # the one argument is a construction of the API's class, whose arguments it takes


@dataclass(frozen=True, slots=True)
class FunctionApply:
    """`F.apply(...)` of a `torch.autograd.Function` class of the program, one value per parameter after ctx."""

    class_name: str
    arguments: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class CallValue:
    """A call of a value that is callable: a lambda or closure in a variable, or an API module (`nn.Linear`)."""

    callee: Expr
    arguments: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Field:
    """A read of an attribute of a program's object (or of a Function's ctx). `checked`: it may have no value."""

    instance: Expr
    name: str
    type: Type
    span: Span
    checked: bool = False


@dataclass(frozen=True, slots=True)
class HasAttribute:
    """`hasattr(instance, "name")` of an attribute that some ways assign; `held` is the type of its values."""

    instance: Expr
    name: str
    held: Type
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class ListDisplay:
    """`[a, b]` or a tuple that stands where the table wants a list; the type is a ListType."""

    elements: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class SetDisplay:
    """`{a, b}`: filled one by one; or the `frozen` set of constants that Python's compiler makes, or a `copy` of it."""

    elements: tuple[Expr, ...]
    type: Type
    span: Span
    made: OneOf["filled", "frozen", "copy"] = "filled"


@dataclass(frozen=True, slots=True)
class TupleDisplay:
    """`(a, b)`; the type is a TupleType."""

    elements: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class DictDisplay:
    """`{k: v}`."""

    items: tuple[tuple[Expr, Expr], ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Collection:
    """`Counter(values)`, `deque(values, 3)`, `defaultdict(make)`: what the constructor of the C++ type takes."""

    arguments: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Clause:
    """`for target in iterable if condition` of a comprehension."""

    target: Target
    iterable: Iterable
    condition: Expr | None


#: What becomes of the elements: a new container, `any(...)` or `all(...)` of truths, `sum(...)`, `next(...)`;
#: nothing where the comprehension is there for what its element does.
Into = OneOf["list", "dict", "set", "any", "all", "sum", "first", "nothing"]


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`[element for ... for ...]`, and generator expressions with the builtin that consumes them.

    `key` is that of a dict, `start` what a sum begins with, or what `next` gives when there is no element.
    """

    into: Into
    key: Expr | None
    element: Expr
    clauses: tuple[Clause, ...]
    start: Expr | None
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Binding:
    """`(target := value)`: binds a variable and gives its value."""

    target: NameTarget
    value: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Subscript:
    """`container[index]` of a list (any int index, negative counts from the end), tuple (Literal int) or dict."""

    container: Expr
    index: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class ListSlice:
    """`container[lower:upper]` of a list: a new list."""

    container: Expr
    lower: Expr | None
    upper: Expr | None
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Slice:
    """`lower:upper:step` inside a tensor index."""

    lower: Expr | None
    upper: Expr | None
    step: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Ellipsis:
    """`...` inside a tensor index."""

    span: Span


@dataclass(frozen=True, slots=True)
class TensorIndex:
    """`tensor[parts]`."""

    tensor: Expr
    parts: tuple[Expr | Slice | Ellipsis, ...]
    type: Type
    span: Span


UnaryOperator = OneOf["-", "+", "~", "not"]


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `+x`, `~x`, `not x` on Python scalars (tensor operators are rows). `not` takes and gives bool."""

    operator: UnaryOperator
    operand: Expr
    type: Type
    span: Span


#: Python's spelling of a binary operator on Python scalars, strings and lists.
BinaryOperator = OneOf["+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>"]


@dataclass(frozen=True, slots=True)
class Binary:
    """Python arithmetic on numbers, `+` on strings and lists, `*` of list and int, with Python's semantics.

    Operands keep their own types (no implicit conversion was inserted): `7 / 2` has two int operands and type float.
    """

    operator: BinaryOperator
    left: Expr
    right: Expr
    type: Type
    span: Span


CompareOperator = OneOf["==", "!=", "<", "<=", ">", ">=", "in", "not in"]


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison of Python scalars, strings or lists, giving bool. Chains are `And` of these."""

    operator: CompareOperator
    left: Expr
    right: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Logical:
    """`a and b`, `a or b` of bools (lowering has made values into truths), evaluated short-circuit."""

    operator: OneOf["and", "or"]
    operands: tuple[Expr, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    """`body if test else orelse`; both branches have this type."""

    test: Expr
    body: Expr
    orelse: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Let:
    """Evaluate `value` once, call it `name` (a fresh name, None: not needed), give `body`: for `a < f() < c`."""

    name: str | None
    value: Expr
    body: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class IsNone:
    """`operand is None`, or `is not None` when `negated`. Operand: Optional, Tensor (may be undefined), Node."""

    operand: Expr
    negated: bool
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class IsInstance:
    """Whether a module, whose class is not known, is one of `class_`. `Convert` makes it one."""

    operand: Expr
    class_: Type
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Truth:
    """Python's truth of a value that is not a bool: number, string, list, or a tensor of one element."""

    operand: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Convert:
    """A conversion that Python does not see: int to float, T to Optional[T], Optional[T] to T (known not None)."""

    operand: Expr
    type: Type
    span: Span


Conversion = OneOf["", "r", "s", "a"]

#: What a function does with the variables that it captures. Used at once, or ("frame") as long as the function that it
#: stands in runs, it refers to them, as in Python; where it outlives that function, it takes copies.
Captures = OneOf["now", "frame", "copies"]


@dataclass(frozen=True, slots=True)
class FormatField:
    """`{value!conversion:spec}` of an f-string; `spec` is literal text, or else `computed`."""

    value: Expr
    conversion: Conversion
    spec: str
    computed: Expr | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """An f-string (or `str(x)`): literal text and fields in order."""

    parts: tuple[str | FormatField, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Lambda:
    """A lambda expression. `type` is a FunctionType."""

    parameters: tuple[Parameter, ...]
    body: Expr
    type: Type
    span: Span
    captures: Captures = "now"


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A function of the program used as a value."""

    function: str
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Started:
    """The call of a generator function whose iterator is kept: its arguments are evaluated, its body waits."""

    call: Call | MethodCall | StaticCall
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Base:
    """`super()` in a class that derives from a class of the API: the object as one of that class."""

    type: Type
    span: Span


Expr = (
    Literal | Name | Base | Apply | Call | MethodCall | StaticCall | ClassAttribute | New | FunctionApply | CallValue
    | Field | HasAttribute | ListDisplay | SetDisplay | TupleDisplay | DictDisplay | Collection | Comprehension
    | Binding | Subscript | ListSlice | TensorIndex | Unary | Binary | Compare | Logical | Conditional | Let | IsNone
    | IsInstance | Truth | Convert | Format | Lambda | FunctionRef | Started
)  # fmt: skip

# ------------------------------------------------------------------------------------------- iteration


@dataclass(frozen=True, slots=True)
class Range:
    """`range(start, stop, step)`."""

    start: Expr
    stop: Expr
    step: Expr


@dataclass(frozen=True, slots=True)
class Items:
    """The elements of a list, the keys of a dict, or the rows of a tensor. `live`: of a list that changes meanwhile."""

    value: Expr
    live: bool = False


@dataclass(frozen=True, slots=True)
class DictItems:
    """`d.items()`: target is an Unpack of key and value."""

    value: Expr


@dataclass(frozen=True, slots=True)
class DictValues:
    """`d.values()`."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Enumerate:
    """`enumerate(inner, start)`: target is an Unpack of index and item."""

    inner: Iterable
    start: Expr


@dataclass(frozen=True, slots=True)
class Zip:
    """`zip(a, b, ...)`: target is an Unpack; stops at the shortest."""

    inners: tuple[Iterable, ...]


@dataclass(frozen=True, slots=True)
class Reversed:
    """`reversed(inner)`."""

    inner: Iterable


@dataclass(frozen=True, slots=True)
class Generated:
    """What a generator function of the program yields: the loop's body is called with each value.

    `manages`: the generator is a context manager, and the body is that of its `with`.
    """

    call: Expr
    manages: bool = False


Iterable = Range | Items | DictItems | DictValues | Enumerate | Zip | Reversed | Generated

# --------------------------------------------------------------------------------------------- targets


@dataclass(frozen=True, slots=True)
class NameTarget:
    """A variable; `type` is the variable's type in its whole scope (an assigned value was converted to it)."""

    name: str
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class FieldTarget:
    """An attribute of a program's object, ctx or PyTorch's module. `registered`: as a "parameter" or "buffer"."""

    instance: Expr
    name: str
    type: Type
    span: Span
    registered: str | None = None


@dataclass(frozen=True, slots=True)
class ClassAttributeTarget:
    """An attribute of a class of the program."""

    class_name: str
    name: str
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class PropertyTarget:
    """An attribute that the table has a `set` for: `x.grad = ...`."""

    row: str
    variant: int
    instance: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class SubscriptTarget:
    """An element of a list or dict."""

    container: Expr
    index: Expr
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class TensorIndexTarget:
    """Elements of a tensor: `x[1:, 0] = value`. The value is a tensor or a number."""

    tensor: Expr
    parts: tuple[Expr | Slice | Ellipsis, ...]
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Unpack:
    """`a, b = value`: the value is a tuple of that length, or a list (checked at run time)."""

    targets: tuple[Target, ...]
    type: Type
    span: Span


Target = NameTarget | FieldTarget | ClassAttributeTarget | PropertyTarget | SubscriptTarget | TensorIndexTarget | Unpack

# ------------------------------------------------------------------------------------------ statements


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment (`text` without `# `), or an empty line (None). `trailing`: it stands behind a statement."""

    text: str | None
    trailing: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value`. The first assignment to a name in a scope is where C++ may declare it (`backend.scope`)."""

    target: Target
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class AugmentedAssign:
    """`target op= value` on Python numbers, strings (rebinding); tensors and lists use rows (in place)."""

    target: Target
    operator: BinaryOperator
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class ExprStmt:
    """An expression evaluated for its effect."""

    value: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Print:
    """`print(*arguments, sep=separator, end=end)`: an observable event, recorded by `verify`."""

    arguments: tuple[Expr, ...]
    separator: str
    end: str
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    """`if test: body else: orelse`; `elif` is an If alone in `orelse`. The test is a bool."""

    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class While:
    """`while test: body`. The test is a bool, evaluated anew each time."""

    test: Expr
    body: tuple[Stmt, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    """`for target in iterable: body`."""

    target: Target
    iterable: Iterable
    body: tuple[Stmt, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class With:
    """`with guard: body` where the table has a `guard` for the context: an RAII object in a block of its own."""

    row: str
    variant: int
    arguments: tuple[Argument, ...]
    body: tuple[Stmt, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    """`return value`; value None where the function returns nothing."""

    value: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Yield:
    """`yield value`: the loop that runs over the generator goes on here, and may end it."""

    value: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Break:
    """`break`."""

    span: Span


@dataclass(frozen=True, slots=True)
class Continue:
    """`continue`."""

    span: Span


@dataclass(frozen=True, slots=True)
class Assert:
    """`assert test, message`: a failed one ends the program with an error."""

    test: Expr
    message: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Raise:
    """`raise Error(message)`; without an error (""), the one being handled is raised again."""

    error: str
    message: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Handler:
    """`except Error as name: body`; `errors` are the builtin exceptions that it takes, `name` holds the message."""

    errors: tuple[str, ...]
    name: NameTarget | None
    body: tuple[Stmt, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Try:
    """`try: body`, its handlers in order, `else` and `finally`."""

    body: tuple[Stmt, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Stmt, ...]
    final: tuple[Stmt, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Delete:
    """`del name`: the variable is released (and no longer recorded)."""

    name: str
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class LocalFunction:
    """A `def` inside a function (or under `if`): a C++ lambda that captures by reference."""

    function: Function
    span: Span


@dataclass(frozen=True, slots=True)
class BaseConstruction:
    """`super().__init__(...)` of a class of the API: what a construction of that class would be."""

    value: Apply
    span: Span


Stmt = (
    Comment | Assign | BaseConstruction | AugmentedAssign | ExprStmt | Print | If | While | For | With | Return
    | Yield | Break | Continue | Assert | Raise | Try | Delete | LocalFunction
)  # fmt: skip

# ----------------------------------------------------------------------------------------- definitions


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter. `default` is a pure expression; `mutated`: the body changes the list or dict in place."""

    name: str
    type: Type
    default: Expr | None
    mutated: bool
    span: Span


#: What a function is in its class: one that takes the object, one that does not, one that runs only while it is made.
FunctionKind = OneOf["method", "static", "constructing"]


@dataclass(frozen=True, slots=True)
class Function:
    """A function for some parameter types, one of its overloads. `guards`: of its decorators, outermost first."""

    name: str
    parameters: tuple[Parameter, ...]
    result: Type
    body: tuple[Stmt, ...]
    guards: tuple[With, ...]
    span: Span
    leading: tuple[Comment, ...] = ()
    outer: frozenset[str] = frozenset()  # names it declares `global` or `nonlocal`
    captures: Captures = "now"  # of a local function
    kind: FunctionKind = "method"
    yields: Type | None = None  # what a generator gives
    manages: bool = False  # a generator that is a context manager


@dataclass(frozen=True, slots=True)
class ContextAttribute:
    """`ctx.name = value` of a custom Function, stored in C++'s `ctx->saved_data`."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class AutogradFunction:
    """A `torch.autograd.Function` subclass. The parameters of `forward` and `backward` exclude ctx.

    In the bodies, ctx's methods and properties are rows (`torch.autograd.function.FunctionCtx.*`) applied to
    `Name("ctx")`; its free attributes are Field / FieldTarget on `Name("ctx")`, listed in `attributes`.
    `once`: a second derivative is an error, and backward records no graph.
    """

    name: str
    context: str
    forward: Function
    backward_context: str
    backward: Function
    once: bool
    attributes: tuple[ContextAttribute, ...]
    saved: tuple[Type, ...]
    leading: tuple[Comment, ...]
    span: Span


#: What `nn.Module.__setattr__` makes of an attribute.
Registration = OneOf["module", "parameter", "buffer"] | None


@dataclass(frozen=True, slots=True)
class FieldDeclaration:
    """An attribute; `default` is the class's own that it starts from. `late`: it may have no value when it is read."""

    name: str
    type: Type
    registration: Registration
    default: Expr | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class ClassAttributeDeclaration:
    """A class attribute; `assigned`: the program changes it."""

    name: str
    type: Type
    value: Expr
    assigned: bool


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the program: an `nn.Module` subclass, or plain. `init` is the body of `__init__` after `super()`.

    `copied`: the program makes deep copies of modules, of which this may be one. `saved`: files hold such dicts.
    Methods have Python's names; `Base.forward` is the base class's, which `super()` calls, `n.setter` sets property n.
    """

    name: str
    is_module: bool
    instance: str
    fields: tuple[FieldDeclaration, ...]
    init: Function
    methods: tuple[Function, ...]
    leading: tuple[Comment, ...]
    span: Span
    attributes: tuple[ClassAttributeDeclaration, ...] = ()
    keys: tuple[tuple[str | int, str, Type], ...] = ()  # of a dict: each key, its attribute, and the type of its values
    copied: bool = False
    saved: bool = False
    base: str | None = None  # the API's class that a module derives from, where it is more than a module
    shown: str | None = None  # what the text of a module calls the class, where the program makes one
    families: tuple[str, ...] = ()  # which its objects are known as, too: the nearest ones
    virtual: frozenset[str] = frozenset()  # the methods that these have
    inherited: frozenset[str] = frozenset()  # the attributes that these have
    swapped: bool = False  # the program calls modules with other tensors in the place of their own


@dataclass(frozen=True, slots=True)
class Family:
    """What the program asks of objects of several classes: methods without bodies, attributes; and those above it."""

    name: str
    families: tuple[str, ...]
    methods: tuple[Function, ...]
    fields: tuple[FieldDeclaration, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Enumeration:
    """An `enum.Enum` of the program; its members are ClassAttributes, their values are known.

    `shown`: what Python's `repr` gives for each, where C++ shows members (of keys that a dict lacks).
    """

    name: str
    members: tuple[str, ...]
    leading: tuple[Comment, ...]
    span: Span
    shown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExceptionClass:
    """`class ConfigError(ValueError)`; `base` is another of the program's, or one of Python's."""

    name: str
    base: str
    leading: tuple[Comment, ...]
    span: Span


Definition = Function | AutogradFunction | Class | Family | Enumeration | ExceptionClass


@dataclass(frozen=True, slots=True)
class Variable:
    """A module-level variable. `shared`: functions read it. `maybe_unbound`: some way to the end has no value."""

    name: str
    type: Type
    shared: bool
    maybe_unbound: bool
    path: str | None  # the Python name that it is recorded as when the program ends; None: not recorded
    module: str | None = None  # the module of the project that it is imported from; None: the file itself
    afar: bool = False  # only functions assign it
    earlier: str | None = None  # the Python name of a version that another one has taken the place of


ProgramKind = OneOf["script", "model"]


@dataclass(frozen=True, slots=True)
class Program:
    """A translated file, definitions in the source's order. A "model" has `Model`, `get_inputs`, no top-level run."""

    name: str
    kind: ProgramKind
    header: tuple[Comment, ...]
    definitions: tuple[Definition, ...]
    variables: tuple[Variable, ...]
    body: tuple[Stmt, ...]
    layout: Layout = SINGLE  # of the modules of the project that it imports
    recomputed: tuple[Expr, ...] = ()  # calls that Python runs again in the backward pass
