"""What no class of C++ output can have is refused where the class stands."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.dataclass_methods import TOTAL
from py2cpp_autograd.frontend.lower.classes import enumerations, error_classes, layers, named_tuples
from py2cpp_autograd.frontend.lower.classes.names import SPECIAL, is_special
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import ApiType

_DECORATORS = frozenset({"dataclasses.dataclass", TOTAL})
_HOOKED = {"__setattr__", "__getattr__", "__getattribute__", "__delattr__"}


def check_class(context: Context, node: cst.ClassDef) -> None:
    """Refuse a class that has no translation, whoever uses it."""
    name = node.name.value
    for decorator in node.decorators:
        written = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
        named = context.qualified(written)
        is_unique = named == "enum.unique" and hierarchy.kind_of(context, name) == "enum"  # as all of them have to be
        if named not in _DECORATORS and not is_unique:
            context.refuse("PCA108", decorator, "a class decorator has no translation")
    if node.keywords:
        context.refuse("PCA102", node.keywords[0], "metaclasses and class keywords have no translation", _PLAIN)
    if not hierarchy.is_linear(context, name):
        context.refuse("PCA102", node.name, f"Python cannot order the bases of class '{name}'")
    _check_bases(context, node)
    kind = hierarchy.kind_of(context, name)
    if kind == "enum":
        enumerations.check(context, node)
    if kind == "exception":
        error_classes.check(context, node)
        return
    if kind == "tuple":
        named_tuples.check(context, node)
    for item in node.body.body:
        _check_item(context, name, item)


def _check_bases(context: Context, node: cst.ClassDef) -> None:
    name = node.name.value
    bases = hierarchy.api_bases(context, name)
    kind = hierarchy.kind_of(context, name)
    advice = "derive from nn.Module, and hold what you want to extend as an attribute"
    for base in bases:
        row = context.table.find(base)
        if kind == "module" and row is not None and row.key != roles.MODULE and not layers.can_extend(row):
            message = f"class '{name}' derives from '{base}', which C++ cannot extend"
            context.refuse("PCA102", node.name, message, advice)
    if kind == "module" and len(set(map(context.table.find, bases))) > 1:
        context.refuse("PCA102", node.name, f"class '{name}' derives from several classes of the library", advice)
    if kind == "unknown":
        shown = bases[0] or context.source.module.code_for_node(node.bases[0].value)
        message = f"class '{name}' derives from '{shown}', which has no translation"
        advice = "derive from nn.Module, from a class of this file, or from nothing"
        context.refuse("PCA102", node.name, message, advice)
    if kind == "object" and any(hierarchy.kind_of(context, user) != kind for user in hierarchy.mro(context, name)):
        context.refuse("PCA102", node.name, f"class '{name}' mixes several kinds of classes")


_PLAIN = "define the class without it, and call a function for what the metaclass would do"

#: What to write instead of special methods, where it is not a method.
_INSTEAD = {
    "__new__": "set the attributes in __init__, or write a function that makes the object",
    "__hash__": "use a text or a number of the object as the key",
    "__get__": "write a property",
    "__set__": "write a property with a setter",
    "__set_name__": "write a property",
    "__del__": "write a method, and call it where the object is no longer needed",
    "__init_subclass__": "call a function below each class",
    "__class_getitem__": "leave the brackets out",
}


def _check_item(context: Context, name: str, item: cst.BaseStatement | cst.BaseSmallStatement) -> None:
    if isinstance(item, cst.FunctionDef):
        _check_method(context, name, item)
    elif not _is_plain(item):
        advice = None if not isinstance(item, cst.ClassDef) else "define the inner class at the top of the file"
        context.refuse("PCA102", item, "only methods and constants have a translation in a class body", advice)


def _check_method(context: Context, class_name: str, node: cst.FunctionDef) -> None:
    name = node.name.value
    names = [context.qualified(decorator.decorator) or "" for decorator in node.decorators]
    several = sum(qualified != "abc.abstractmethod" for qualified in names) > 1
    for decorator, qualified in zip(node.decorators, names, strict=True):
        if qualified.startswith("functools.") or (several and _is_binding(qualified)):
            context.refuse("PCA108", decorator, "this decorator has no translation on a method")
    if name in _HOOKED:
        context.refuse("PCA203", node.name, f"{name} makes attributes dynamic", "use ordinary attributes and methods")
    if is_special(name) and name not in SPECIAL:
        advice = _INSTEAD.get(name, "write a method with a name of its own, and call it")
        context.refuse("PCA102", node.name, f"the special method {name} has no translation", advice)
    if hierarchy.kind_of(context, class_name) == "module" and name not in {"forward", "extra_repr"}:
        _check_override(context, class_name, node, name)


def _is_binding(name: str) -> bool:
    return name in {"builtins.staticmethod", "builtins.classmethod", "builtins.property"}


def _check_override(context: Context, class_name: str, node: cst.FunctionDef, name: str) -> None:
    """Methods of nn.Module that LibTorch calls by itself are not the class's own in C++."""
    base = hierarchy.extended(context, class_name)
    if (name == roles.TRAIN and _is_virtual(node)) or name in roles.CALLED_BY_PROGRAMS:
        return
    if name in SPECIAL or (name.startswith("_") and base is None) or (base is not None and layers.may_override(name)):
        return
    if context.table.attribute(ApiType(base or roles.MODULE), name) is not None:
        shown = "nn.Module" if base is None else base
        message = f"'{name}' overrides a method of {shown}, which C++ would not call"
        context.refuse("PCA102", node.name, message, "give the method a name of its own")


def _is_virtual(node: cst.FunctionDef) -> bool:
    """Whether a method `train` can have the signature of LibTorch's: one mode, which is True by itself, no result."""
    match node.params.params:
        case [cst.Param(), cst.Param(default=cst.Name(value="True"))]:
            values = [part.value for part in walk(node.body) if isinstance(part, cst.Return) and part.value]
            return all(isinstance(value, cst.Name) and value.value == "None" for value in values)
        case _:
            return False


def _is_plain(item: cst.BaseStatement | cst.BaseSmallStatement) -> bool:
    """A docstring, `pass`, a bare annotation, or a constant."""
    if not isinstance(item, cst.SimpleStatementLine):
        return False
    return all(_is_plain_part(part) for part in item.body)


def _is_plain_part(part: cst.BaseSmallStatement) -> bool:
    match part:
        case cst.Pass() | cst.AnnAssign(target=cst.Name()):
            return True
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString() | cst.Ellipsis()):
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name())]):
            return True
        case _:
            return False
