"""`isinstance`: what the types of values say of their classes, before the program runs where they do."""

from __future__ import annotations

import builtins
import collections
from collections.abc import Sequence
from typing import NoReturn

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.exceptions import ALIASES, BASES
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.annotations import annotated
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import dispatch, exceptions, looseness, parallel, rows
from py2cpp_autograd.frontend.lower.builtin_calls import abstract_classes, classes_asked
from py2cpp_autograd.frontend.lower.builtin_calls.python_classes import class_of
from py2cpp_autograd.frontend.lower.classes import dict_classes, error_classes, families
from py2cpp_autograd.frontend.lower.rows import is_module_type
from py2cpp_autograd.frontend.lower.values import answered, literal
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    BOOL,
    ApiType,
    DictType,
    FloatType,
    InstanceType,
    ListType,
    NeverType,
    OptionalType,
    SymbolType,
    TensorType,
    TupleType,
    Type,
    is_family,
    is_module_container,
    is_module_instance,
    without_none,
)

_COLLECTIONS: dict[str | None, type] = {
    f"collections.{class_.__name__}": class_
    for class_ in (collections.OrderedDict, collections.defaultdict, collections.Counter, collections.deque)
}
#: Classes whose instances are iterators of one type here.
_ITERATORS = frozenset({"enumerate", "filter", "map", "reversed", "zip"})


def lower(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`isinstance(value, class)`, `isinstance(value, (class, class))`."""
    if len(node.args) != 2:
        context.refuse("PCA306", node, "isinstance takes two arguments")
    value = context.expression(node.args[0].value)
    if isinstance(value.type, FloatType):
        value = looseness.asked(context, value)
    written = node.args[1].value
    alternatives = classes_asked.alternatives(context, written)
    if is_family(value.type):
        named = [one.value for one in alternatives if isinstance(one, cst.Name) and one.value in context.classes]
        is_object = any(context.qualified(one) == "builtins.object" for one in alternatives)
        return families.is_instance(context, node, value, named, is_object)
    if roles.is_open(value.type) and not _is_any(context, node, value.type, alternatives):
        asked = [type_ for type_ in dispatch.classes(context) if _is_any(context, node, type_, alternatives)]
        return _is_one_of(context, node, value, asked)
    if isinstance(value.type, TensorType):
        return _is_tensor(context, node, value, alternatives)
    return answered(value, _is_any(context, node, value.type, alternatives), context.span(node))


def _is_tensor(
    context: Context, node: cst.Call, value: ir.Expr, alternatives: Sequence[cst.BaseExpression]
) -> ir.Expr:
    """`isinstance(x, torch.cuda.FloatTensor)` asks what `x.type()` says: the dtype, and the device."""
    span = context.span(node)
    named = {one: context.qualified(one) or "" for one in alternatives}
    rest = [one for one, name in named.items() if not roles.is_tensor_class(name)]
    asked = [name for name in named.values() if roles.is_tensor_class(name)]
    if not asked or _is_any(context, node, value.type, rest):
        return answered(value, _is_any(context, node, value.type, rest), span)
    if len(asked) > 1 and not isinstance(value, ir.Name):
        context.refuse("PCA301", node, "which tensor this is, is not known", "put the tensor into a variable first")
    said = rows.apply_method(context, node, value, "type", ())
    tests = tuple(ir.Compare("==", said, literal(name, span), BOOL, span) for name in asked)
    return tests[0] if len(tests) == 1 else ir.Logical("or", tests, BOOL, span)


def _is_any(context: Context, node: cst.Call, type_: Type, alternatives: Sequence[cst.BaseExpression]) -> bool:
    return any(_is_instance(context, node, type_, alternative) for alternative in alternatives)


def _is_one_of(context: Context, node: cst.Call, module: ir.Expr, classes: Sequence[Type]) -> ir.Expr:
    """Whether a module, whose class only the run tells, is of one of these classes."""
    span = context.span(node)
    if not classes:
        return answered(module, False, span)
    if len(classes) > 1 and not isinstance(module, ir.Name):
        context.refuse("PCA301", node, "which module this is, is not known", "put the module into a variable first")
    tests = tuple(ir.IsInstance(module, class_, BOOL, span) for class_ in classes)
    return tests[0] if len(tests) == 1 else ir.Logical("or", tests, BOOL, span)


def _is_instance(context: Context, node: cst.Call, type_: Type, class_: cst.BaseExpression) -> bool:
    """Whether a value of the type is an instance of the class; refused where the type does not tell."""
    if isinstance(type_, NeverType):
        context.pending(node)
    if isinstance(type_, OptionalType):
        _refuse_unknown(context, node, type_)
    name = context.qualified(class_)
    if type_ == exceptions.CAUGHT and _is_exception(context, class_):
        message = "which exception this is, is not known before the program runs"
        context.refuse("PCA301", node, message, "let an except clause name the exception")
    mixed = hierarchy.mixed_in(context, type_)
    if mixed is not None and name == f"builtins.{mixed.__name__}":
        return True
    if name is not None and name.startswith("builtins."):
        return _is_builtin(context, node, type_, name.partition(".")[2])
    if isinstance(class_, cst.Name) and class_.value in context.classes:
        return _is_of_program(context, node, type_, class_.value)
    if name in _COLLECTIONS:
        if _may_be_builtin(context, type_) or _may_be_state(type_):
            _refuse_unknown(context, node, type_)
        return _is_derived(type_, _COLLECTIONS[name])
    if name in roles.PARALLEL and is_module_type(context, type_) and not roles.is_open(type_):
        return parallel.is_made(context, type_)
    found = abstract_classes.is_instance(context, type_, name)
    if found is not None:
        return found
    if name is not None and _is_of_pytorch(type_):
        return _is_of_api(context, node, type_, name)
    wanted = annotated(context, cst.Annotation(class_))
    if wanted is None:
        _refuse_unknown(context, node, type_)
    return wanted == type_ if isinstance(wanted, ApiType) else type(wanted) is type(type_)


def _is_of_pytorch(type_: Type) -> bool:
    """Whether values of a type are modules, or of another class of PyTorch that is no tensor."""
    is_api = isinstance(type_, ApiType) and not type_.name.startswith(("builtins.", "numpy."))
    return is_api or is_module_instance(type_) or is_module_container(type_)


def _may_be_state(type_: Type) -> bool:
    """Whether a dict may be the state of a module, which is an OrderedDict."""
    return type(type_) is DictType and isinstance(without_none(type_.value), TensorType)


def _may_be_builtin(context: Context, type_: Type) -> bool:
    """Whether a value is of a class that Python does not have, which stands for one of Python's own there."""
    if isinstance(type_, ListType):
        return _may_be_builtin(context, type_.element)
    if not isinstance(type_, ApiType) or roles.is_open(type_) or not _is_of_pytorch(type_):
        return False
    return context.table.derives(_python_class(context, type_), roles.MODULE) is None


def _is_builtin(context: Context, node: cst.Call, type_: Type, name: str) -> bool:
    if name in _ITERATORS or (name != "object" and _may_be_builtin(context, type_)):
        _refuse_unknown(context, node, type_)
    if name == "dict" and dict_classes.keys_of(context, type_) is not None:
        return True
    if name == "type" and isinstance(type_, SymbolType):
        return _is_class(context, node, type_)
    is_derived = _is_derived(type_, getattr(builtins, name, None))
    return name == "object" or is_derived or type_ == ApiType(f"builtins.{name}")


def _is_derived(type_: Type, class_: object) -> bool:
    """Whether Python's class of a type is, or derives from, one of Python's own."""
    own = class_of(type_)
    return own is not None and class_ in own.__mro__


def _refuse_unknown(context: Context, node: cst.Call, type_: Type) -> NoReturn:
    context.refuse("PCA301", node, f"whether this holds is not known before the program runs ({type_})")


def _is_class(context: Context, node: cst.Call, symbol: SymbolType) -> bool:
    """Whether what is known by its name is a class."""
    row = context.table.find(symbol.name) if symbol.kind == "api" else None
    is_spelled_as_function = symbol.name.rpartition(".")[2].islower()
    if symbol.kind != "api" or (row is None and is_spelled_as_function):
        return symbol.kind == "class"
    if row is None or (symbol.name.startswith("builtins.") and "class" not in row.variants[0].words):
        context.refuse("PCA301", node, f"whether {symbol.name} is a class is not known")
    return "class" in row.variants[0].words


def _is_exception(context: Context, class_: cst.BaseExpression) -> bool:
    """Whether a class is an exception, one of Python's or of the program's."""
    name = error_classes.named(context, class_)
    return name is not None and (name in {"BaseException", *BASES, *ALIASES} or name in context.classes)


def _is_of_program(context: Context, node: cst.Call, type_: Type, name: str) -> bool:
    if isinstance(type_, InstanceType):
        return hierarchy.is_derived_from(context, type_.name, name)
    if isinstance(type_, TupleType) and hierarchy.kind_of(context, name) == "tuple":
        context.refuse("PCA301", node, f"which named tuple this is, is not known before the program runs ({type_})")
    return False


def _is_of_api(context: Context, node: cst.Call, type_: Type, name: str) -> bool:
    """Whether a value of PyTorch, or a module of the program, is an instance of a class of PyTorch."""
    found = _derives(context, _python_class(context, type_), name)
    if found is None:
        _refuse_unknown(context, node, type_)
    return found


def _derives(context: Context, class_: str, asked: str) -> bool | None:
    if class_ in (roles.MODULE, roles.ANY_MODULE):
        return context.table.documented(asked) == roles.MODULE
    found = context.table.derives(class_, asked)
    if context.table.derives(class_, roles.LAZY_MODULE):
        later = context.table.derives(class_.replace(".Lazy", "."), asked)  # what its first call makes of it
        return found if found == later else None
    return found


def _python_class(context: Context, type_: Type) -> str:
    """The class in Python of a value of PyTorch, or the one that a module of the program derives from."""
    if is_module_container(type_):
        return roles.MODULE_LIST if isinstance(type_, ListType) else roles.MODULE_DICT
    assert isinstance(type_, ApiType | InstanceType)
    name = hierarchy.api_class(type_).name if isinstance(type_, InstanceType) else type_.name
    while name.startswith(f"{roles.OWN}.") and context.table.bases(name):
        name = context.table.bases(name)[0]
    return roles.class_of_python(name)
