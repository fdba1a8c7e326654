"""Variables that some way to a read leaves without a value, and attributes: C++ has a `std::optional`, tensors aside.

A tensor that may be None is held in one too: it is undefined where it is None, and no value where it has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.ir_walk import bodies, statement_expressions, statements, walk
from py2cpp_autograd.types import OptionalType, TensorType


def unsure_names(body: Sequence[ir.Stmt]) -> frozenset[str]:
    """The names that a body, and the functions in it, read where there may be no value. Tensors may be undefined."""
    return frozenset(_checked(body))


def _checked(body: Sequence[ir.Stmt]) -> Iterator[str]:
    for node in statements(body):
        for expression in statement_expressions(node):
            for part in walk(expression):
                if isinstance(part, ir.Name) and part.checked and not isinstance(part.type, TensorType):
                    yield part.name


def unsure_variables(program: ir.Program, doubtful: frozenset[str]) -> frozenset[str]:
    """Those of the module, which its functions may read so too; `doubtful` ones get a value on some ways only."""
    found = unsure_names(program.body)
    afar = [variable for variable in program.variables if variable.afar]
    found |= {variable.name for variable in afar if not isinstance(variable.type, TensorType)}
    found |= {variable.name for variable in program.variables if variable.name in doubtful and _shows_itself(variable)}
    for definition in program.definitions:
        for function in bodies(definition):
            found |= unsure_names(function.body)
    return found & {variable.name for variable in program.variables}


def late_attributes(program: ir.Program) -> frozenset[tuple[str, str]]:
    """The attributes that may have no value, by class."""
    classes = [node for node in program.definitions if isinstance(node, ir.Class)]
    return frozenset((node.name, field.name) for node in classes for field in node.fields if field.late)


def _shows_itself(variable: ir.Variable) -> bool:
    """Whether the recorder has to see that the variable has no value."""
    recorded = variable.path is not None and not isinstance(variable.type, TensorType | OptionalType)
    return recorded and variable.maybe_unbound
