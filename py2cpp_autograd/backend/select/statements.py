"""Statements, with the declarations that `placement` found for them and the recorder lines that `verify` needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.placement import Placement
from py2cpp_autograd.backend.select import (
    definitions_of_functions,
    exceptions,
    expressions,
    formats,
    indexing,
    iteration,
    probes,
    stores,
    traces,
)
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.backend.select.leaving import Leaving
from py2cpp_autograd.backend.select.walruses import surely_bound
from py2cpp_autograd.ir_walk import generated_in, statement_expressions, target_names
from py2cpp_autograd.span import Span
from py2cpp_autograd.types import (
    NONE,
    ApiType,
    BoolType,
    ComplexType,
    FloatType,
    FunctionType,
    InstanceType,
    IntType,
    ListType,
    ModuleDictType,
    ModuleListType,
    NoneType,
    OptionalType,
    SymbolType,
    TensorType,
    TupleType,
    Type,
)


@dataclass
class Body:
    """The selection of one function body."""

    selection: Selection
    placement: Placement
    recorded: dict[str, str] = field(default_factory=dict)  # variables to record, with their Python names
    returns: str = "value"  # how `return` is written: "value", or "list" in a custom Function
    result: Type = NONE  # what the function gives
    manages: bool = False  # the function is a generator that is a context manager
    leaving: Leaving = field(default_factory=Leaving)
    elsewhere: frozenset[int] = frozenset()  # the identities of assignments that stand at namespace scope
    is_script: bool = False  # these are the statements outside of functions
    earlier: dict[str, str] = field(default_factory=dict)  # versions of variables that are traced, but not left behind

    def block(self, nodes: Sequence[ir.Stmt]) -> tuple[cpp.Stmt, ...]:
        """The statements of a block, declarations and recorder lines included."""
        made: list[cpp.Stmt] = []
        for node in nodes:
            for name, type_ in self.placement.before.get(id(node), ()):
                made += [self._hoisted(name, type_), *self._watch(name, type_)]
            made += self.statement(node)
            if not isinstance(node, ir.If | ir.While | ir.For | ir.With):
                made += self._bound(statement_expressions(node))
            for name in sorted(self.placement.declaring.get(id(node), ())):
                made += self._watch(name, self.placement.types[name])
            is_step = isinstance(node, ir.Assign | ir.AugmentedAssign | ir.ExprStmt | ir.Print | ir.Delete)
            if self.recorded and is_step:
                made += self._step(node)
            elif not self.is_script:
                made += traces.behind(self.selection, node)
        return tuple(made)

    def _step(self, node: ir.Stmt) -> list[cpp.Stmt]:
        line = node.span.start.line
        return [probes.step(line)] if self.selection.layout.is_own(line) else []

    def _hoisted(self, name: str, type_: Type) -> cpp.Stmt:
        spelled = self._unused(name, type_, self.selection.variable_type(name, type_))
        initial = None if name in self.selection.unsure else self.selection.initial_or_zero(type_)
        return cpp.Declare(spelled, self.selection.name(name), initial)

    def _unused(self, name: str, type_: Type, spelled: str) -> str:
        return f"[[maybe_unused]] {spelled}" if _is_trivial(type_) and name in self.placement.unread else spelled

    # --------------------------------------------------------------------------------------- dispatch

    def statement(self, node: ir.Stmt) -> list[cpp.Stmt]:
        """One statement."""
        match node:
            case ir.Comment(text=text, trailing=trailing):
                return [cpp.Comment(text, trailing)]
            case ir.Assign():
                return self._assign(node)
            case ir.AugmentedAssign():
                return self._augmented(node)
            case ir.ExprStmt(value=value, span=span):
                return [cpp.Do(expressions.for_effect(self.selection, value), span)]
            case ir.BaseConstruction(value=value, span=span):  # what a lambda computes for it
                arguments = expressions.base_arguments(self.selection, value)
                return [cpp.Return(argument, span) for argument in arguments[:1]]
            case ir.Print(span=span):
                return [*probes.printed(self.selection, node), cpp.Do(formats.print_stream(self.selection, node), span)]
            case ir.Return(span=span):
                returned = self.leaving.returned(self._value_returned(node), span)
                return [*([] if self.is_script else traces.returning(self.selection, node, self.returns)), *returned]
            case ir.Yield(value=value, span=span):
                values = () if value is None else (self.selection.expression(value),)
                return [self.leaving.yielded(values, self.manages, span)]
            case ir.Break(span=span) | ir.Continue(span=span):
                return [self.leaving.jump("break" if isinstance(node, ir.Break) else "continue", span)]
            case ir.Delete(name=name, type=type_, span=span):
                return self._delete(name, type_, span)
            case _:
                return self._compound(node)

    def _compound(self, node: ir.Stmt) -> list[cpp.Stmt]:
        match node:
            case ir.If(test=test):
                bound = self._bound([test])
                return [self._if(node, bound), *bound]
            case ir.While(test=test, body=body, span=span):
                bound = self._bound([test])
                with self.leaving.loop():
                    return [cpp.While(self.selection.expression(test), (*bound, *self.block(body)), span), *bound]
            case ir.For():
                return list(self._for(node))
            case ir.With():
                bound = self._bound(statement_expressions(node))
                return [cpp.Block((self.guard(node), *bound, *self.block(node.body)), node.span)]
            case ir.Assert():
                return [exceptions.lower_assert(self.selection, node)]
            case ir.Raise():
                return [exceptions.lower_raise(self.selection, node)]
            case ir.Try():
                return exceptions.lower_try(self.selection, node, self.block)
            case ir.LocalFunction(function=function, span=span):
                value = definitions_of_functions.local_lambda(self.selection, function)
                kind = "auto"
                if definitions_of_functions.calls_itself(function):  # which a variable of a type that is deduced cannot
                    types = tuple(parameter.type for parameter in function.parameters)
                    kind = self.selection.type(FunctionType(types, function.result))
                kind = self._unused(function.name, FunctionType((), function.result), kind)
                return [cpp.Declare(kind, self.selection.name(function.name), value, span=span)]
            case _:
                raise TypeError(f"no C++ statement for {type(node).__name__}")

    def _if(self, node: ir.If, bound: Sequence[cpp.Stmt]) -> cpp.If:
        """An `if`, with the recorder lines of what its test binds at the head of each branch, which may be left."""
        test = self.selection.expression(node.test)
        body = (*bound, *self.block(node.body))
        match node.orelse:
            case [ir.If() as other] if self.is_script and id(other) not in self.placement.before:
                return cpp.If(test, body, (self._if(other, bound),), node.span)
            case orelse:
                return cpp.If(test, body, (*(bound if orelse else ()), *self.block(orelse)), node.span)

    # ------------------------------------------------------------------------------------- assignment

    def _assign(self, node: ir.Assign) -> list[cpp.Stmt]:
        self.selection.bounded.difference_update(name.name for name in target_names(node.target))
        match node.target:
            case ir.NameTarget() if id(node) in self.elsewhere:
                return self._record(node.target)
            case ir.NameTarget():
                return [*self._variable(node, node.target), *self._record(node.target)]
            case ir.Unpack():
                made = self._unpack(node, node.target)
                return [*made, *(line for name in target_names(node.target) for line in self._record(name))]
            case target:
                return [cpp.Do(stores.store(self.selection, target, node.value), node.span)]

    def _record(self, target: ir.NameTarget) -> list[cpp.Stmt]:
        path = self.recorded.get(target.name, self.earlier.get(target.name))
        return [] if path is None else probes.record(self.selection, path, target)

    def _bound(self, expressions: Sequence[ir.Expr]) -> list[cpp.Stmt]:
        if not self.is_script:
            return []
        return [line for target in surely_bound(expressions).values() for line in self._record(target)]

    def _watch(self, name: str, type_: Type) -> list[cpp.Stmt]:
        path = self.recorded.get(name)
        is_doubtful = name in self.selection.doubtful
        if path is None or not (probes.changes_in_place(type_) or is_doubtful):
            return []
        afar = is_doubtful and (name in self.selection.unsure or isinstance(type_, TensorType))
        return probes.watch(self.selection, path, name, type_, afar)

    def _variable(self, node: ir.Assign, target: ir.NameTarget) -> list[cpp.Stmt]:
        name = self.selection.name(target.name)
        if target.name not in self.placement.declaring.get(id(node), ()):
            value = self._empty(node.value, target.type) or self.selection.expression(node.value)
            return [cpp.Do(cpp.Binary("=", cpp.Name(name), value), node.span)]
        return [self._declare(name, target, node.value, node.span)]

    def _empty(self, value: ir.Expr, type_: Type) -> cpp.Expr | None:
        """None as a value of the variable's type."""
        if not isinstance(value.type, NoneType):
            return None
        return cpp.Brace(None, ()) if isinstance(type_, OptionalType) else None

    def _declare(self, name: str, target: ir.NameTarget, value: ir.Expr, span: Span) -> cpp.Stmt:
        if target.name in self.selection.unsure:
            spelled = self.selection.variable_type(target.name, target.type)
            return cpp.Declare(spelled, name, self.selection.expression(value), span=span)
        spelled = self._declared_type(target, value)
        constructor = self._constructor(value)
        if constructor is not None:
            return cpp.Declare(spelled, name, None, constructor, span)
        made = self.selection.expression(value)
        if isinstance(value, ir.ListDisplay | ir.DictDisplay | ir.SetDisplay) and isinstance(made, cpp.Brace):
            elements = made.elements
            return cpp.Declare(spelled, name, cpp.Brace(None, elements) if elements else None, span=span)
        return cpp.Declare(spelled, name, made, span=span)

    def _constructor(self, value: ir.Expr) -> tuple[cpp.Expr, ...] | None:
        """The arguments of an object that is constructed in place: `Net net(4, 8);`."""
        if isinstance(value, ir.New | ir.Collection) or (isinstance(value, ir.Apply) and self._is_construction(value)):
            made = self.selection.expression(value)
        else:
            return None
        constructed = cpp.Name(self.selection.type(value.type))
        is_call = isinstance(made, cpp.Call) and made.callee == constructed
        return made.arguments if isinstance(made, cpp.Call) and is_call else None

    def _is_construction(self, value: ir.Apply) -> bool:
        return value.form == "call" and self.selection.variant(value.row, value.variant).kind == "class"

    def _declared_type(self, target: ir.NameTarget, value: ir.Expr) -> str:
        """`auto` where the value's C++ type is surely the variable's."""
        spelled = self.selection.type(target.type)
        match target.type:
            case ModuleListType() | ModuleDictType():
                return spelled
            case TensorType() | TupleType() if not isinstance(value, ir.Conditional | ir.Literal):
                return self._unused(target.name, target.type, "auto")
            case OptionalType(inner=TensorType()) if not isinstance(value.type, NoneType):
                return "auto"
            case ApiType() | InstanceType() if self._constructor(value) is None:
                return "auto"
            case ListType() if isinstance(value, ir.Apply | ir.Call | ir.MethodCall) and value.type == target.type:
                return "auto"
            case FunctionType() if target.name not in self.placement.rebound and not isinstance(value, ir.Conditional):
                return "auto"
            case _:
                return self._unused(target.name, target.type, spelled)

    def _unpack(self, node: ir.Assign, target: ir.Unpack) -> list[cpp.Stmt]:
        names = [part.name for part in target.targets if isinstance(part, ir.NameTarget)]
        declared = self.placement.declaring.get(id(node), set())
        fresh = len(names) == len(target.targets) and set(names) <= declared and len(set(names)) == len(names)
        fresh = fresh and not self.selection.unsure & set(names)
        if isinstance(node.value.type, TupleType):
            if fresh and not set(names) & self.placement.captured and not set(names) <= self.placement.unread:
                spelled = tuple(self.selection.name(name) for name in names)
                return [cpp.Bind(spelled, self.selection.expression(node.value), node.span)]
            if isinstance(node.value, ir.TupleDisplay) and fresh:
                return self._unpack_display(node, target, node.value)
        return self._unpack_parts(node, target)

    def _unpack_display(self, node: ir.Assign, target: ir.Unpack, value: ir.TupleDisplay) -> list[cpp.Stmt]:
        """`a, b = x, y` where the names are new: one declaration each."""
        made: list[cpp.Stmt] = []
        for part, element in zip(target.targets, value.elements, strict=True):
            assert isinstance(part, ir.NameTarget)
            made.append(self._declare(self.selection.name(part.name), part, element, node.span))
        return made

    def _unpack_parts(self, node: ir.Assign, target: ir.Unpack) -> list[cpp.Stmt]:
        is_tuple = isinstance(node.value.type, TupleType)
        value = self.selection.expression(node.value)
        made: list[cpp.Stmt] = []
        if not isinstance(value, cpp.Name):
            holder = self.selection.temporary("values" if not is_tuple else "parts")
            made.append(cpp.Declare("auto", holder, value, span=node.span))
            value = cpp.Name(holder)
        written = isinstance(node.value, ir.ListDisplay) and len(node.value.elements) == len(target.targets)
        if not is_tuple and not written:
            made.append(cpp.Do(indexing.sized(self.selection, value, len(target.targets)), node.span))
        # `a, _, _ = x`: a name that stands there twice has the last value.
        last = {part.name: index for index, part in enumerate(target.targets) if isinstance(part, ir.NameTarget)}
        for index, part in enumerate(target.targets):
            if isinstance(part, ir.NameTarget) and last[part.name] != index:
                continue
            get: cpp.Expr = cpp.Index(value, cpp.Int(index))
            if is_tuple:
                get = self.selection.call(f"std::get<{index}>", value, header="<tuple>")
            made.append(self._give(node, part, get))
        return made

    def _give(self, node: ir.Assign, part: ir.Target, value: cpp.Expr) -> cpp.Stmt:
        assert isinstance(part, ir.NameTarget)
        name = self.selection.name(part.name)
        if part.name in self.placement.declaring.get(id(node), ()):
            sure = part.name not in self.selection.unsure
            spelled = "auto" if sure else self.selection.variable_type(part.name, part.type)
            return cpp.Declare(self._unused(part.name, part.type, spelled), name, value, span=node.span)
        return cpp.Do(cpp.Binary("=", cpp.Name(name), value), node.span)

    def _augmented(self, node: ir.AugmentedAssign) -> list[cpp.Stmt]:
        target = node.target
        assert isinstance(target, ir.NameTarget)
        self.selection.bounded.discard(target.name)
        read = ir.Name(target.name, target.type, node.span)
        whole = self.selection.expression(ir.Binary(node.operator, read, node.value, target.type, node.span))
        name = self.selection.variable(target.name)
        if isinstance(whole, cpp.Binary) and whole.operator == node.operator and whole.left == name:
            made: cpp.Expr = cpp.Binary(f"{node.operator}=", name, whole.right)
            if whole.right == cpp.Int(1, whole.right.span) and node.operator == "+":
                made = cpp.Unary("++", name)
        else:
            made = cpp.Binary("=", name, whole)
        return [cpp.Do(made, node.span), *self._record(target)]

    # ------------------------------------------------------------------------------------------- rest

    def _value_returned(self, node: ir.Return) -> cpp.Expr | None:
        if node.value is None or (isinstance(node.value.type, NoneType) and self.returns == "value"):
            return None
        if self.returns == "list":
            return definitions_of_functions.gradient_list(self.selection, node.value)
        return self.selection.expression(node.value)

    def _delete(self, name: str, type_: Type, span: Span) -> list[cpp.Stmt]:
        made: list[cpp.Stmt] = []
        if isinstance(type_, TensorType) or name in self.selection.unsure:
            made.append(cpp.Do(cpp.Call(cpp.Member(cpp.Name(self.selection.name(name)), "reset"), ()), span))
        return [*made, *([probes.forget(self.recorded[name])] if name in self.recorded else [])]

    def _for(self, node: ir.For) -> tuple[cpp.Stmt, ...]:
        bound = frozenset(name.name for name in target_names(node.target))
        hoisted = bound & self.placement.outliving
        iteration.note_bounded(self.selection, node.target, node.iterable)
        bound_before = tuple(self._bound(statement_expressions(node)))
        records = (*bound_before, *(line for name in target_names(node.target) for line in self._record(name)))
        records += tuple(
            line
            for name in target_names(node.target)
            if name.name not in hoisted
            for line in self._watch(name.name, name.type)
        )
        if self.is_script and self.recorded and self.selection.traced:
            records += tuple(self._step(node))
        elif not self.is_script:
            records += tuple(traces.first(self.selection, node))
        generator = generated_in(node.iterable)
        if generator is not None:
            return self._generated(node, generator, records, hoisted)
        with self.leaving.loop(), self.selection.hiding(bound - hoisted):
            body = (*records, *self.block(node.body))
        return (*iteration.loop(self.selection, node.target, node.iterable, body, node.span, hoisted), *bound_before)

    def _generated(
        self, node: ir.For, generator: ir.Generated, records: tuple[cpp.Stmt, ...], hoisted: frozenset[str]
    ) -> tuple[cpp.Stmt, ...]:
        """A loop whose body is a lambda: what leaves it early tells the generator, and the function behind it."""
        type_ = "torch::autograd::variable_list" if self.returns == "list" else self.selection.result(self.result)
        with self.leaving.called(self.selection, generator.manages, type_) as left:
            body = (*records, *self.block(node.body))
        made = iteration.loop(self.selection, node.target, node.iterable, body, node.span, hoisted)
        return (*left.declared(), *made, *self.leaving.behind(left, node.span))

    def guard(self, node: ir.With) -> cpp.Stmt:
        """The RAII object of a context, named so that it lives to the end of the block."""
        variant = self.selection.variant(node.row, node.variant)
        given = {argument.parameter: argument.value for argument in node.arguments}
        made = Filler(variant, given, self.selection.expression).pattern("guard")
        name = self.selection.free("guard")
        if isinstance(made, cpp.Call):
            assert isinstance(made.callee, cpp.Name)
            return cpp.Declare(made.callee.text, name, None, made.arguments, node.span)
        assert isinstance(made, cpp.Name)
        return cpp.Declare(made.text, name, None, None, node.span)


def _is_trivial(type_: Type) -> bool:
    """Whether compilers warn about an unused variable of the type: it has no destructor of its own."""
    if isinstance(type_, TupleType):
        return all(map(_is_trivial, type_.elements))
    if isinstance(type_, OptionalType):
        return _is_trivial(type_.inner)
    is_member = isinstance(type_, InstanceType) and type_.kind == "enum"
    return is_member or isinstance(type_, IntType | FloatType | ComplexType | BoolType | FunctionType | SymbolType)
