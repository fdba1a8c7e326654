"""Rewrites of a program that keep its meaning: each is another way to write what the program says.

`REWRITES` has them by name. They do not look at types; where one does not fit, the program stays as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

import libcst as cst


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def _other(self, name: str) -> str:
        return f"{name}_renamed" if name in self.names else name

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._other(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._other(node.arg))


def _outside(tree: ast.Module) -> set[str]:
    """The names that definitions and imports bind, and variables of the module."""
    bound = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    bound |= {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names}
    return bound | {name for node in tree.body for name in _assigned(node)}


class _Blocks(ast.NodeTransformer):
    """Rewrites each block of statements by a rule; the bodies of classes stay."""

    def __init__(self, rule: Callable[[list[ast.stmt]], list[ast.stmt]]) -> None:
        self.rule = rule

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.ClassDef):
            return node
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                setattr(node, field, self.rule(block))
        return node


def renamed(source: str) -> str:
    """The program with other names for the variables of its functions, and for loop variables."""
    tree = ast.parse(source)
    names = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    names -= {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    names -= _outside(tree)
    return ast.unparse(ast.fix_missing_locations(_Renamed(names).visit(tree)))


def with_temporaries(source: str) -> str:
    """The program with what assignments evaluate first in variables of their own."""
    count = 0

    def rule(node: ast.stmt) -> list[ast.stmt]:
        nonlocal count
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp)):
            return [node]
        count += 1
        name = f"temporary_{count}"
        given = ast.Assign([ast.Name(name, ast.Store())], node.value.left)
        node.value.left = ast.Name(name, ast.Load())
        return [given, node]

    return _by_statement(source, rule)


def with_dead_branches(source: str) -> str:
    """The program with branches that never run."""
    dead = "if len('ab') > 5:\n    print('never')"

    def rule(block: list[ast.stmt]) -> list[ast.stmt]:
        return [*block[:1], *ast.parse(dead).body, *block[1:]] if not isinstance(block[0], ast.Import) else block

    return _by_rule(source, rule)


def with_while(source: str) -> str:
    """The program with `while` for loops over a counted range."""
    count = 0

    def rule(node: ast.stmt) -> list[ast.stmt]:
        nonlocal count
        if not (isinstance(node, ast.For) and _counts(node) and not _continues(node.body)):
            return [node]
        count += 1
        return _while(node, f"counter_{count}")

    return _by_statement(source, rule)


def _counts(node: ast.For) -> bool:
    match node.iter:
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant()]):
            return not node.orelse
        case _:
            return False


def _continues(block: Sequence[ast.stmt]) -> bool:
    return any(isinstance(part, ast.Continue) for node in block for part in ast.walk(node))


def _while(node: ast.For, counter: str) -> list[ast.stmt]:
    assert isinstance(node.iter, ast.Call)
    made = ast.parse(f"{counter} = 0\nwhile {counter} < {ast.unparse(node.iter.args[0])}:\n    {counter} += 1").body
    loop = made[1]
    assert isinstance(loop, ast.While)
    first = ast.parse(f"{ast.unparse(node.target)} = {counter}").body
    loop.body = [*first, *loop.body, *node.body]
    return made


def swapped(source: str) -> str:
    """The program with neighbouring assignments swapped where neither has an effect or uses the other's name."""

    def rule(block: list[ast.stmt]) -> list[ast.stmt]:
        made = list(block)
        for place in range(0, len(made) - 1):
            if _independent(made[place], made[place + 1]):
                made[place], made[place + 1] = made[place + 1], made[place]
        return made

    return _by_rule(source, rule)


def _independent(one: ast.stmt, other: ast.stmt) -> bool:
    names: list[set[str]] = []
    for node in (one, other):
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            return False
        if any(isinstance(part, ast.Call | ast.BinOp | ast.Subscript) for part in ast.walk(node.value)):
            return False
        names.append({part.id for part in ast.walk(node) if isinstance(part, ast.Name)})
    return not names[0] & names[1]


def _by_rule(source: str, rule: Callable[[list[ast.stmt]], list[ast.stmt]]) -> str:
    return ast.unparse(ast.fix_missing_locations(_Blocks(rule).visit(ast.parse(source)))) + "\n"


def _by_statement(source: str, rule: Callable[[ast.stmt], list[ast.stmt]]) -> str:
    return _by_rule(source, lambda block: [made for node in block for made in rule(node)])


class _Parenthesized(cst.CSTTransformer):
    """Puts parentheses round the values of assignments, the arguments of calls, and operands."""

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> cst.Assign:
        return updated_node.with_changes(value=_bracketed(updated_node.value))

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        is_generator = isinstance(updated_node.value, cst.GeneratorExp)
        return updated_node if is_generator else updated_node.with_changes(value=_bracketed(updated_node.value))

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BinaryOperation:
        return updated_node.with_changes(left=_bracketed(updated_node.left), right=_bracketed(updated_node.right))


def _bracketed(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.with_changes(lpar=[cst.LeftParen(), *node.lpar], rpar=[*node.rpar, cst.RightParen()])


def parenthesized(source: str) -> str:
    """The program with `(x)` for `x`."""
    return cst.parse_module(source).visit(_Parenthesized()).code


def in_main(source: str) -> str:
    """The program with what it runs in a function, whose variables stay those of the module."""
    tree = ast.parse(source)
    stays = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    kept = [node for node in tree.body if isinstance(node, stays)]
    run = [node for node in tree.body if not isinstance(node, stays)]
    if not run or _defined_late(tree.body, stays):
        return source
    names = sorted({found for node in run for found in _assigned(node)})
    first: list[ast.stmt] = [ast.Global(names)] if names else []
    main = ast.parse("def main():\n    pass\nmain()").body
    function = main[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = [*first, *run]
    tree.body = [*kept, *main]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _defined_late(body: Sequence[ast.stmt], stays: tuple[type, ...]) -> bool:
    """Whether definitions evaluate what has run before them: defaults, decorators, bases, class bodies."""
    first = next(place for place, node in enumerate(body) if not isinstance(node, stays))
    run = {name for node in body if not isinstance(node, stays) for name in _assigned(node)}
    late = [node for node in body[first:] if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return any(isinstance(part, ast.Name) and part.id in run for node in late for part in ast.walk(node))


def _assigned(node: ast.AST) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return set()
    found = {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del) else set()
    return found.union(*(_assigned(child) for child in ast.iter_child_nodes(node)))


def with_unused(source: str) -> str:
    """The program with imports, a function and a class that nothing uses."""
    unused = "import math\nimport collections\ndef unused(a, b=1):\n    return a + b\nclass Unused:\n    n = 1\n"
    tree = ast.parse(source)
    end = next((p for p, node in enumerate(tree.body) if not isinstance(node, ast.Import | ast.ImportFrom)), 0)
    if any(isinstance(node, ast.Name) and node.id in {"math", "collections"} for node in ast.walk(tree)):
        return source
    tree.body[end:end] = ast.parse(unused).body
    return ast.unparse(tree) + "\n"


def _with_values(source: str, rule: Callable[[ast.expr], ast.expr]) -> str:
    """The program with another way to write what single variables get."""

    def change(node: ast.stmt) -> list[ast.stmt]:
        match node:
            case ast.Assign(targets=[ast.Name()], value=ast.Lambda() | ast.Yield() | ast.NamedExpr()):
                return [node]
            case ast.Assign(targets=[ast.Name()], value=value):
                node.value = rule(value)
        return [node]

    return _by_statement(source, change)


def with_conditionals(source: str) -> str:
    """The program with `e if True else e` for the value of each variable."""
    return _with_values(source, lambda value: ast.IfExp(ast.Constant(True), value, value))


def with_chained_calls_split(source: str) -> str:
    """The program with `t = a.f()` and `t.g()` for `a.f().g()`."""
    count = 0

    def rule(node: ast.stmt) -> list[ast.stmt]:
        nonlocal count
        value = node.value if isinstance(node, ast.Assign | ast.Expr | ast.Return) else None
        made: list[ast.stmt] = []
        while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            inner = value.func.value
            if isinstance(inner, ast.Call) and not _is_super(inner):
                count += 1
                name = f"link_{count}"
                value.func.value = ast.Name(name, ast.Load())
                made.insert(0, ast.Assign([ast.Name(name, ast.Store())], inner))
            value = inner
        return [*made, node]

    return _by_statement(source, rule)


def _is_super(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "super"


def with_constants_inlined(source: str) -> str:
    """The program with numbers for the variables of the module that are given one once."""
    tree = ast.parse(source)
    counts: dict[str, int] = {}
    for node in ast.walk(tree):
        names = [node.id] if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) else []
        names += [node.arg] if isinstance(node, ast.arg) else []
        names += node.names if isinstance(node, ast.Global | ast.Nonlocal) else []
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    values: dict[str, ast.Constant] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=int() | float()) as value):
                if counts[name] == 1:
                    values[name] = value
    return ast.unparse(ast.fix_missing_locations(_Inlined(values).visit(tree))) + "\n"


class _Inlined(ast.NodeTransformer):
    def __init__(self, values: dict[str, ast.Constant]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return self.values.get(node.id, node) if isinstance(node.ctx, ast.Load) else node


def annotated(source: str) -> str:
    """The program with annotations for what plainly is a number, a text or a truth value."""
    seen: set[str] = set()

    def rule(node: ast.stmt) -> list[ast.stmt]:
        match node:
            case ast.Assign(targets=[ast.Name(id=name) as target], value=ast.Constant(value=value)) if (
                isinstance(value, int | float | str) and name not in seen
            ):
                seen.add(name)
                return [ast.AnnAssign(target, ast.Name(type(value).__name__, ast.Load()), node.value, 1)]
            case _:
                return [node]

    stores = [node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and _stores(node)]
    seen |= {name for name in stores if stores.count(name) > 1}
    declared = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Global | ast.Nonlocal)]
    seen |= {name for node in declared for name in node.names}
    return _by_statement(source, rule)


def _stores(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def in_blocks(source: str) -> str:
    """The program with `if True:` round each statement that is an expression or gives a variable a value."""
    count = 0

    def rule(node: ast.stmt) -> list[ast.stmt]:
        nonlocal count
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_text or not isinstance(node, ast.Assign | ast.Expr | ast.AugAssign):
            return [node]
        count += 1
        return [ast.If(ast.Constant(True), [node], []) if count % 2 else _once(node)]

    return _by_statement(source, rule)


def _once(node: ast.stmt) -> ast.stmt:
    loop = ast.parse("try:\n    pass\nfinally:\n    pass").body[0]
    assert isinstance(loop, ast.Try)
    loop.body = [node]
    return loop


def with_tuples(source: str) -> str:
    """The program with `x, spare = e, 0` for `x = e`."""

    def rule(node: ast.stmt) -> list[ast.stmt]:
        match node:
            case ast.Assign(targets=[ast.Name() as target], value=value) if not isinstance(value, ast.Lambda):
                targets = ast.Tuple([target, ast.Name("spare_value", ast.Store())], ast.Store())
                return [ast.Assign([targets], ast.Tuple([value, ast.Constant(0)], ast.Load()))]
            case _:
                return [node]

    return _by_statement(source, rule)


#: The rewrites by name.
REWRITES: dict[str, Callable[[str], str]] = {
    "renamed": renamed,
    "temporaries": with_temporaries,
    "dead branches": with_dead_branches,
    "while": with_while,
    "swapped": swapped,
    "parenthesized": parenthesized,
    "in main": in_main,
    "unused": with_unused,
    "conditionals": with_conditionals,
    "chains split": with_chained_calls_split,
    "constants inlined": with_constants_inlined,
    "annotated": annotated,
    "in blocks": in_blocks,
    "tuples": with_tuples,
}
