"""What is emitted compiles without a warning, each file alone, under C++17 and C++20."""

from __future__ import annotations

import re

import pytest
from golden import Case, all_cases

from py2cpp_autograd import translate
from py2cpp_autograd.verify import VerifyOptions, compile_units

FLAGS = ("-Wall", "-Wextra", "-Werror")


def texts() -> list[tuple[str, str]]:
    """The emitted C++ of every golden case that translates."""
    cases: list[Case] = [case for case in all_cases() if not case.errors]
    return [(case.id, translate(case.source, filename=f"{case.stem}.py").cpp) for case in cases]


@pytest.mark.build
@pytest.mark.parametrize("standard", ["c++17", "c++20"])
def test_no_warnings(standard: str) -> None:
    complaints = compile_units(texts(), FLAGS, VerifyOptions(standard=standard))
    assert not complaints, "\n".join(f"{name}:\n{text}" for name, text in complaints.items())


WARNED = "namespace n {\nvoid run() { int unused = 3; }\n}\nint main() {\n  n::run();\n}\n"


@pytest.mark.build
def test_a_warning_is_found_and_told_of_its_text() -> None:
    clean = "#include <vector>\nint main() {\n}\n"
    complaints = compile_units([("clean", clean), ("warned", WARNED)], FLAGS, VerifyOptions())
    assert set(complaints) == {"warned"}
    assert "unused" in complaints["warned"]


def test_each_text_names_the_headers_that_it_needs() -> None:
    needed = {
        r"\bstd::vector<": "<vector>",
        r"\bstd::string\b": "<string>",
        r"\bstd::tuple\b|std::get<|std::tie\(": "<tuple>",
        r"\bstd::cout\b": "<iostream>",
        r"\bstd::optional<": "<optional>",
        r"\bstd::function<": "<functional>",
    }
    lacking = [
        (name, header)
        for name, text in texts()
        for pattern, header in needed.items()
        if re.search(pattern, text) and f"#include {header}\n" not in text
    ]
    assert not lacking
