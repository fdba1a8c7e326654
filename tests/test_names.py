"""C++ spellings of Python names: keywords, macros, reserved underscores, functions that LibTorch has too."""

from __future__ import annotations

import keyword
import re

import pytest

from py2cpp_autograd import translate
from py2cpp_autograd.backend.names import MODULE_MEMBERS, RESERVED, cpp_name, field_name, namespace_of

KEPT = ["x", "fc1", "loss", "log_prob", "W_xh", "hidden_state", "x_", "_hidden"]


@pytest.mark.parametrize("name", KEPT)
def test_plain_names_are_kept(name: str) -> None:
    assert cpp_name(name) == name


CHANGED = [
    "int", "double", "new", "delete", "this", "template", "operator", "NULL", "EOF", "I", "linux", "M_PI", "torch",
    "std", "main", "run", "auto", "and_eq", "requires", "co_await", "errno", "stdout",
]  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_what_cpp_has_taken_gets_an_underscore(name: str) -> None:
    assert cpp_name(name) == f"{name}_"
    assert cpp_name(name) not in RESERVED


@pytest.mark.parametrize("name", ["__init__", "a__b", "__", "___", "_X", "_Tensor", "__x", "x__", "_"])
def test_no_name_is_reserved_by_its_underscores(name: str) -> None:
    spelled = cpp_name(name)
    assert "__" not in spelled
    assert not re.match(r"_[A-Z]|_$", spelled)
    assert spelled.isidentifier()


def test_spelling_is_stable() -> None:
    assert {cpp_name(cpp_name(name)) for name in RESERVED} == {cpp_name(name) for name in RESERVED}


def test_python_keywords_that_cpp_shares_cannot_come() -> None:
    assert cpp_name("class") == "class_"
    assert keyword.iskeyword("class")


@pytest.mark.parametrize("name", sorted(MODULE_MEMBERS))
def test_fields_do_not_hide_members_of_the_base(name: str) -> None:
    assert field_name(name) == f"{name}_"


NAMESPACES = [
    ("train.py", "train"),
    ("s01 backward.py", "s01_backward"),
    ("01-first.py", "program_01_first"),
    ("namespace.py", "namespace_"),
    ("div.py", "div_"),
    ("time.py", "time_"),
    ("torch.py", "torch_"),
    ("std.py", "std_"),
    ("été.py", "t"),
    ("__main__.py", "main_"),
    (".py", "py"),
    ("a.b.py", "a_b"),
    ("", "program"),
]


@pytest.mark.parametrize(("source", "expected"), NAMESPACES)
def test_namespaces(source: str, expected: str) -> None:
    assert namespace_of(source) == expected


def cpp_of(source: str) -> str:
    made = translate(f"import torch\n{source}", filename="program.py")
    assert made.status == "translated", made.diagnostics
    return made.cpp


def test_a_function_that_libtorch_has_is_called_by_its_full_name() -> None:
    cpp = cpp_of("def norm(x):\n    return x * 2\n\n\ny = norm(torch.ones(2))\n")
    assert "torch::Tensor norm(torch::Tensor x)" in cpp
    assert "program::norm(torch::ones({2}))" in cpp


def test_another_function_is_called_by_its_own_name() -> None:
    assert "= doubled(torch::ones({2}));" in cpp_of(
        "def doubled(x):\n    return x * 2\n\n\ny = doubled(torch.ones(2))\n"
    )


def test_names_of_cpp_everywhere() -> None:
    cpp = cpp_of(
        "class register(torch.nn.Module):\n    def __init__(self, union):\n        super().__init__()\n"
        "        self.signed = union\n    def forward(self, default):\n        return default * self.signed\n\n\n"
        "def switch(const, *, volatile=2):\n    short = const * volatile\n    return short\n\n\n"
        "namespace = switch(torch.ones(2), volatile=3)\nstatic = [long for long in range(3)]\n"
        "for goto in static:\n    print(goto)\nthis = register(2.0)(namespace)\n"
    )
    for name in ("switch", "const", "volatile", "short", "namespace", "static", "goto", "this", "default", "signed"):
        assert f"{name}_" in cpp
    assert "TORCH_MODULE(register_);" in cpp


def test_names_of_temporaries_keep_clear_of_the_program() -> None:
    cpp = cpp_of(
        "items_ = [1, 2]\nrand = 3\nb = [x * 2 for x in items_]\ny = torch.dot(torch.rand(2), torch.rand(2))\n"
    )
    assert "std::vector<int64_t> items2_;" in cpp
    assert "for ([[maybe_unused]] auto x : items_)" in cpp
    assert "auto rand_2 = torch::rand({2});" in cpp
