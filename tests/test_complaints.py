"""A compiler's complaints about several units: each is one unit's, in one of its lines, in a sentence."""

from __future__ import annotations

from py2cpp_autograd.verify.complaints import by_unit, unlocated
from py2cpp_autograd.verify.counterpart import line_without_recorders

GCC = """\
In file included from driver.cpp:3:
unit0.cpp: In function 'void one::run()':
unit0.cpp:7:5: error: 'class at::Tensor' has no member named 'backwards'; did you mean 'backward'?
    7 |   y.backwards();
      |     ^~~~~~~~~
unit0.cpp:7:5: note: something else
In file included from torch/nn/cloneable.h:5,
                 from driver.cpp:1:
torch/nn/cloneable.h: In instantiation of 'void f() [with T = std::vector<std::tuple<int, float> >]':
unit2.cpp:12:9:   required from here
torch/nn/cloneable.h:31:4: error: no matching function for call to 'g(std::vector<std::tuple<int, float> >&)'
torch/nn/cloneable.h:20:4: note: candidate: 'void g(int)'
unit2.cpp:12:9: note:   no known conversion
"""
CLANG = """\
torch/ordered_dict.h:31:4: error: no matching function for call to 'g'
unit1.cpp:4:3: note: in instantiation of function template specialization 'f<int>' requested here
unit3.cpp:9:1: fatal error: 'nothing.h' file not found
"""
CLANG_OF_SHARED_HEADERS = """\
In file included from driver.cpp:4:
In file included from unit0.cpp:7:
bits/tuple:31:4: error: static assertion failed
unit1.cpp:20:3: note: in instantiation of function template specialization 'std::get<1>' requested here
In file included from unit2.cpp:3:
own.h:5:1: error: expected ';'
"""
LINKER = "/usr/bin/ld: /tmp/x.o: in function `run':\nundefined reference to `lost()'\ncollect2: error: ld returned 1\n"


def test_of_gcc() -> None:
    found = by_unit(GCC)
    assert list(found) == [0, 2]
    assert (found[0].line, found[2].line) == (7, 12)
    assert found[0].in_lines(lambda line: line - 1).startswith("line 6: 'class at::Tensor' has no member named")
    assert "required from" not in found[2].in_lines(lambda line: line)


def test_of_clang() -> None:
    found = by_unit(CLANG)
    assert {index: complaint.line for index, complaint in found.items()} == {1: 4, 3: 9}
    assert found[3].in_lines(int) == "line 9: 'nothing.h' file not found"


def test_a_header_is_no_fault_of_the_unit_that_includes_it_first() -> None:
    found = by_unit(CLANG_OF_SHARED_HEADERS)
    assert {index: complaint.line for index, complaint in found.items()} == {1: 20, 2: 3}


def test_of_the_linker() -> None:
    assert by_unit(LINKER) == {}
    assert "undefined reference to `lost()'" in unlocated(LINKER).in_lines(int)


def test_a_flood_is_cut() -> None:
    flood = "".join(f"unit0.cpp:{line}:1: error: no\n" for line in range(1, 1000))
    assert len(by_unit(flood)[0].sentences) < 10


def test_lines_are_those_of_the_text_without_recorders() -> None:
    text, recorded = "a\nb\nc\n", "probe\na\nprobe\nprobe\nb\nc\nprobe\n"
    assert [line_without_recorders(text, recorded, line) for line in (2, 5, 6)] == [1, 2, 3]
