"""Mutants of emitted C++, made by rule: `python tests/mutants.py [COUNT] [SEED]` plants them and prints what was found.

`faults.py` holds mistakes that people make, each chosen by hand; here, rules make mistakes in the C++ of every program
that `faults.py` uses. A mutant that survives is equivalent, or a hole in `verify`: its change is printed.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from faults import FAULTS, HEAD
from hidden_faults import HIDDEN, WHOLE

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, VerifyOptions, verify_programs

Change = Callable[[re.Match[str]], str]


def _other_number(found: re.Match[str]) -> str:
    return f"{float(found[0]) + 1}" if "." in found[0] else f"{int(found[0]) + 1}"


def _nearby_number(found: re.Match[str]) -> str:
    return repr(float(found[0]) * (1 + 1e-6) + 1e-9)


#: Functions that are taken for each other.
_SIMILAR = {
    "tanh": "sin", "sin": "cos", "cos": "sin", "exp": "expm1", "log": "log1p", "sqrt": "rsqrt", "abs": "neg",
    "softmax": "log_softmax", "log_softmax": "softmax", "relu": "elu", "leaky_relu": "elu", "gelu": "silu",
    "silu": "gelu", "sigmoid": "tanh", "softplus": "relu", "max": "min", "min": "max", "amax": "amin", "amin": "amax",
    "argmax": "argmin", "prod": "sum", "sum": "prod", "mean": "sum", "var": "std", "std": "var", "floor": "ceil",
    "ceil": "floor", "round": "trunc", "triu": "tril", "tril": "triu", "cumsum": "cumprod", "mse_loss": "l1_loss",
    "l1_loss": "mse_loss", "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like",
    "rand": "randn", "randn": "rand", "atan2": "hypot", "mul": "div", "add": "sub", "minimum": "maximum",
    "maximum": "minimum", "hstack": "vstack", "flip": "sort",
}  # fmt: skip
#: Words that are taken for each other.
_OTHER_WORD = {
    "true": "false", "false": "true", "kSum": "kMean", "kMean": "kSum", "kNone": "kMean", "kFloat64": "kFloat32",
    "kInt64": "kInt32", "kReflect": "kReplicate", "SGD": "Adagrad", "ReLU": "ELU", "Tanh": "Sigmoid", "GELU": "SiLU",
    "break": "continue", "continue": "break", "BatchNorm1d": "LayerNorm",
}  # fmt: skip
_COMPARISON = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
_ASSIGNED = {"+": "-", "-": "+", "*": "/", "/": "*"}

#: A kind of mistake: what it is made of, and what stands there instead.
RULES: dict[str, tuple[str, str | Change]] = {
    "drop detach": (r"\.detach\(\)", ""),
    "add detach": (r"(?<=[ (])([a-z]\w*)(?= [*+/-] )", r"\1.detach()"),
    "drop guard": (r"torch::NoGradGuard \w+;", ""),
    "drop statement": (r"^  (?!auto|return|for|if|struct|using|\}|//)[^\n{}]*;$", ""),
    "repeat statement": (r"^  (?!auto|return|for|if|struct|using|torch::Tensor |\}|//)[^\n{}]*;$", r"\g<0>\n\g<0>"),
    "retain for create": (r"/\*retain_graph=\*/std::nullopt, /\*create_graph=\*/true", "/*retain_graph=*/true"),
    "no create_graph": (r"/\*create_graph=\*/true", "/*create_graph=*/false"),
    "plus for minus": (r" - (?=[\w(])", " + "),
    "minus for plus": (r" \+ (?=[\w(])", " - "),
    "over for times": (r" \* (?=[a-z(])", " / "),
    "swap arguments": (r"\((\w+), (\w+)\)", r"(\2, \1)"),
    "swap operands": (r"\b(\w+) ([/-]) (\w+)\b", r"\3 \2 \1"),
    "mean for sum": (r"\.sum\(\)", ".mean()"),
    "sum for mean": (r"\.mean\(\)", ".sum()"),
    "other number": (r"(?<![\w.<>])\d+(?:\.\d+)?(?![\w.>])", _other_number),
    "nearby number": (r"(?<![\w.])\d+\.\d+(?![\w.])", _nearby_number),
    "out of place": (r"\b(add|sub|mul|div|zero)_\(", r"\1("),
    "in place": (r"\b(\w+)\.(add|sub|mul|div|tanh|relu|exp)\(", r"\1.\2_("),
    "wrong dtype": (r"kFloat64", "kFloat32"),
    "no gradient": (r"requires_grad\(\)", "requires_grad(false)"),
    "frozen": (r"requires_grad_\((true)?\)", "requires_grad_(false)"),
    "transposed": (r"\.t\(\)", ""),
    "no clone": (r"\.clone\(\)", ""),
    "another sign": (r"(?<== )(?=[a-z]\w*[ ;.])", "-"),
    "train for eval": (r"->eval\(\)", "->train()"),
    "one time less": (r"< (?=\d)", "< -1 + "),
    "printed minus": (r"<< ([a-z]\w*) <<", r"<< -\1 <<"),
    "printed text": (r'<< "(\w)', r'<< "_\1'),
    "lost hook": (r"return g \* 2;|return g \* 10;", "return g;"),
    "similar function": (rf"\b(?:{'|'.join(_SIMILAR)})(?=\()", lambda found: _SIMILAR[found[0]]),
    "similar constant": (rf"\b(?:{'|'.join(_OTHER_WORD)})\b", lambda found: _OTHER_WORD[found[0]]),
    "other comparison": (r" (<|>|<=|>=|==|!=) (?=[\w(])", lambda found: f" {_COMPARISON[found[1]]} "),
    "other assignment": (r" ([-+*/])= ", lambda found: f" {_ASSIGNED[found[1]]}= "),
    "not the condition": (r"\bif \((.*)\) \{$", r"if (!(\1)) {"),
    "and for or": (r" (&&|\|\|) ", lambda found: " || " if found[1] == "&&" else " && "),
    "detach a result": (r"^( +auto \w+ = )([^;\[]+);$", r"\1(\2).detach();"),
    "data of a tensor": (r"(?<=[ (])([a-z]\w*)(?= [*+/-] )", r"\1.data()"),
    "no_grad before": (r"^( +)(?=auto \w+ = )", r"\1torch::NoGradGuard no_grad_by_hand; "),
    "grad inside": (r"torch::NoGradGuard (\w+);", r"torch::AutoGradMode \1(true);"),
    "option left out": (r"(?<=\))\.\w+\([\w.:{}, -]+\)(?=[;),.])", ""),
    "other name": (r"(register_\w+\(\")(\w)", r"\1_\2"),
    "nothing returned": (r"^( +)return [^;]+;$", r"\1return {};"),
    "lines swapped": (r"^(  (?!auto|return|using|\}|//)[^\n{}]*;)\n(  (?!return|using|\}|//)[^\n{}]*;)$", r"\2\n\1"),
    "matrix transposed": (r"\b(\w+)\.matmul\(", r"\1.t().matmul("),
    "double as float": (r"^( +)double (\w+) = (.+);$", r"\1double \2 = static_cast<float>(\3);"),
    "copy of a view": (r"\.(view|t|transpose|select|reshape|squeeze|unsqueeze|permute)\(", r".clone().\1("),
    "other seed": (r"manual_seed\((\d+)\)", lambda found: f"manual_seed({int(found[1]) + 1})"),
    "run twice": (r"^  (\w+::run\(\);)$", r"  \1 \1"),
}


#: Where mistakes of a rule can show: a program that has nothing of this is left alone.
NEEDS = {
    "run twice": r"print\(",
    "copy of a view": r"\w_\(|\] = ",
}
#: Lines that a rule leaves alone: it would change nothing there.
LEFT_ALONE = {
    "repeat statement": r"manual_seed|zero_grad|::run\(\)|= torch::Tensor\(\);|make_shared",
    "lines swapped": r"manual_seed|register_module|^  [\w:<>]+ \w+( = \S+)?;$",
    "double as float": r"= -?\d+\.(0|5|25);$",
    "option left out": r"p\(0\.5\)",
    "other seed": r"manual_seed\(0\)",  # of `main`: many programs draw nothing, or seed themselves
}


@dataclass(frozen=True)
class Equivalent:
    """Mutants that change nothing: their rules, what their lines have, and why nothing changes."""

    rules: str
    line: str
    reason: str

    def holds(self, rule: str, before: str) -> bool:
        """Whether it is about a mutant."""
        return re.fullmatch(self.rules, rule) is not None and re.search(self.line, before) is not None


EQUIVALENT = (
    Equivalent("swap arguments", r"transpose\(", "the dimensions of a transposition have no order"),
    Equivalent("add detach|data of a tensor", r"return \{?g \*", "no graph is recorded in this backward"),
    Equivalent("add detach|data of a tensor", r"return x \* x \* x", "no graph is recorded in a custom forward"),
    Equivalent("drop statement", r"auto y = values_\[1\];", "nobody uses the name"),
    Equivalent("add detach|data of a tensor", r"auto b = a \* 2;", "`a` requires no gradient"),
    Equivalent("add detach|data of a tensor|detach a result", r"auto z = x \* y;", "under a NoGradGuard"),
    Equivalent("nearby number|other number", r"double \w+ = 0\.0;", "the constructor assigns it"),
    Equivalent("detach a result|no_grad before", r"= torch::(rand|zeros|arange|ones)", "it requires no gradient"),
    Equivalent("no_grad before", r"= torch::tensor\(", "a leaf needs no graph, and none follows"),
    Equivalent("repeat statement", r"\bz\.backward\(\);", "the call that is repeated raises already"),
    Equivalent("repeat statement", r"return |raise<", "what follows it is not run"),
    Equivalent("repeat statement", r"reset\(\)|eval\(\)|remove\(\)|TORCH_CHECK", "twice is as good as once"),
    Equivalent("mean for sum|repeat statement", r"x\.sum\(\)\.backward", "the gradient is set to zero behind it"),
    Equivalent("similar function", r"set_grad\(x", "the gradient is set to None behind it"),
    Equivalent("similar function", r"m\(torch::ones", "the weight is frozen, and the gradient of the bias is 1"),
    Equivalent(
        "lines swapped",
        r"calls|steps|zero_grad|StepLR sched|this->scale|grad_outputs|TORCH_CHECK|left->add|a\.add_|count = |norms\.",
        "neither of the two looks at the other",
    ),
    Equivalent("lines swapped", r"\(x \* x\)\.sum\(\)\.backward", "two gradients have one sum"),
    Equivalent("run twice", r"run\(\);", "the first run ends with an error"),
    Equivalent("another sign", r"(count|calls|steps) = \1 \+ 1", "the number is 0 before"),
    Equivalent("other comparison", r"n > 2", "2 is never asked for"),
    Equivalent("nothing returned", r"return std::tuple<>\{\};", "the empty tuple is `{}`"),
    Equivalent("similar constant|other constant", r"retain_graph=\*/true", "no second backward follows"),
)


@dataclass(frozen=True)
class Mutant:
    """A program with a mistake in its C++: the rule, and the lines before and after."""

    program: Program
    rule: str
    before: str
    after: str


def sources() -> list[str]:
    """The programs of the faults, each once."""
    visible = [fault.source for name, fault in FAULTS.items() if name not in HIDDEN]
    return [HEAD + source for source in dict.fromkeys([*visible, *WHOLE])]


def mutants_of(source: str, number: int) -> Iterator[Mutant]:
    """All mutants of one program; each has a namespace of its own."""
    count = 0
    plain = translate(source, filename="plain.py").cpp
    for rule, (pattern, change) in RULES.items():
        for found in re.finditer(pattern, plain, re.MULTILINE):
            start = plain.rfind("\n", 0, found.start()) + 1
            if plain.startswith(("//", "#"), start) or "//" in plain[start : found.start()]:
                continue
            if not re.search(NEEDS.get(rule, ""), source) or re.search(LEFT_ALONE.get(rule, "^$"), found[0], re.M):
                continue
            instead = found.expand(change) if isinstance(change, str) else change(found)
            name = f"mutant_{number}_{count}"
            count += 1
            text = plain[: found.start()] + instead + plain[found.end() :]
            if text != plain:
                place = plain.count("\n", 0, found.start())
                lines = plain.splitlines()[place], text.splitlines()[place]
                renamed = re.sub(r"\bplain\b", name, text)
                yield Mutant(Program(f"{name}.py", source, renamed), rule, *lines)


def chosen(count: int, seed: int) -> list[Mutant]:
    """`count` mutants, spread over the rules."""
    generator = random.Random(seed)
    by_rule: dict[str, list[Mutant]] = {}
    for number, source in enumerate(sources()):
        for mutant in mutants_of(source, number):
            by_rule.setdefault(mutant.rule, []).append(mutant)
    for group in by_rule.values():
        generator.shuffle(group)
    rounds = [group[index] for index in range(count) for group in by_rule.values() if index < len(group)]
    return rounds[:count]


def main() -> int:
    """Plant mutants and print the table; exit status 1 when one survives."""
    count, seed = (int(text) for text in [*sys.argv[1:], "200", "0"][:2])
    planted = chosen(count, seed if len(sys.argv) > 2 else 0)
    verdicts = verify_programs([mutant.program for mutant in planted], VerifyOptions(timeout=60, locates=False))
    table: dict[str, Counter[str]] = {}
    for mutant, verdict in zip(planted, verdicts, strict=True):
        table.setdefault(mutant.rule, Counter())[verdict.status] += 1
        if verdict.status == "match":
            found = (one.reason for one in EQUIVALENT if one.holds(mutant.rule, mutant.before.strip()))
            reason = next(found, "")
            table[mutant.rule]["equivalent" if reason else "missed"] += 1
            lines = f"  {mutant.before.strip()}\n  {mutant.after.strip()}"
            print(f"equivalent, {reason}:\n{lines}" if reason else f"MISSED, {mutant.rule}:\n{lines}")
    return _print_table(table)


#: The statuses of a mutant that is found.
_FOUND = ("mismatch", "python_error", "cpp_error", "timeout")


def _print_table(table: dict[str, Counter[str]]) -> int:
    """Print how many mutants of each rule were found; 1 when one was missed."""
    sums = Counter[str]()
    for rule, statuses in sorted(table.items()):
        statuses["mutants"] = statuses["missed"] + sum(statuses[name] for name in _FOUND)
        sums += statuses
        found = statuses["mutants"] - statuses["missed"]
        others = f"{statuses['equivalent']} equivalent, {statuses['build_error']} do not compile"
        print(f"{rule:20} {found:3} of {statuses['mutants']} found, {others}")
    print(f"{sums['mutants'] - sums['missed']} of {sums['mutants']} mutants found, {sums['equivalent']} equivalent")
    return int(sums["missed"] > 0)


if __name__ == "__main__":
    sys.exit(main())
