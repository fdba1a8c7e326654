"""Which bodies of inline functions lean headers leave out, and that what is left still says the same."""

from __future__ import annotations

import pytest

from py2cpp_autograd.verify.lean.declarations import DeclarationError, bodies, with_bodies_emitted, without_bodies
from py2cpp_autograd.verify.lean.texts import files, put_back, set_aside, without_internals, without_operators

MOVED = {
    "inline int f(int x) { return x; }": "inline int f(int x) ;",
    "namespace a::b { inline int f() noexcept { return {1}; } }": "namespace a::b { inline int f() noexcept ; }",
    "struct A { int f() const { return 1; } };": "struct A { inline int f() const ; };",
    "struct A { inline int f() { return 1; } };": "struct A { inline int f() ; };",
    "struct A { A(int x) : x_(x), y_{1, 2} { go(); } };": "struct A { inline A(int x) ; };",
    "class B : public A<int> { ~B() override { stop(); } };": "class B : public A<int> { inline ~B() override ; };",
    "struct A { explicit operator bool() const { return true; } };":
        "struct A { inline explicit operator bool() const ; };",
    "struct A { bool operator()(int x) { return x; } };": "struct A { inline bool operator()(int x) ; };",
    "struct A { [[nodiscard]] bool f() { return 1; } };": "struct A { [[nodiscard]] inline bool f() ; };",
    "struct A { friend bool operator==(A, A) { return true; } };": "struct A { friend bool operator==(A, A) ; };",
    "struct P pack(int x);\ninline struct P pack(int x) { return {}; }":
        "struct P pack(int x);\ninline struct P pack(int x) ;",
    "inline auto f() -> int { return 1; }": "inline auto f() -> int ;",
    "inline A::A(int x) : x_(x) {}": ";",
    "inline bool A::operator<(const A& o) const { return x < o.x; }": ";",
    "template <> struct hash<A> { size_t operator()(A a) { return 1; } };":
        "template <> struct hash<A> { inline size_t operator()(A a) ; };",
    "namespace symint { template <class T> int f(T x) { return ops::f(x); } }":
        "namespace symint { template <class T> int f(T x) ; }",
}  # fmt: skip
KEPT = [
    "constexpr int f() { return 1; }",
    "inline auto f() { return 1; }",
    "inline decltype(auto) f() { return 1; }",
    "static inline int f() { return 1; }",
    "namespace { inline int f() { return 1; } }",
    "template <class T> inline T f(T x) { return x; }",
    "template <class T> struct A { int f() { return 1; } };",
    "template <class T> struct A<T, std::enable_if_t<N<0, void>> { int f() { return 1; } };",
    "__attribute__((always_inline)) inline int f() { return 1; }",
    "inline std::vector<int> x{1, 2};",
    "struct A { int x{1}; std::array<char, sizeof(int)> y{}; enum class E : int { a, b }; };",
    "inline const std::function<int()> f = [] { return 1; };",
    "enum class E { a, b };",
    "struct A { A() = default; A(const A&) = delete; };",
    'inline const char* s = R"x({ ) } ")x";',
    "typedef struct { int x; } A;",
]


@pytest.mark.parametrize("text", MOVED)
def test_bodies_that_go(text: str) -> None:
    assert without_bodies(text, bodies(text)).replace("{  }", "{ }") == MOVED[text]


@pytest.mark.parametrize("text", KEPT)
def test_bodies_that_stay(text: str) -> None:
    assert bodies(text) == []


def test_lines_keep_their_numbers() -> None:
    text = "inline int f() {\n  return 1;\n}\nint x;\n"
    assert without_bodies(text, bodies(text)) == "inline int f() ;\n\n\nint x;\n"


def test_the_library_has_what_the_header_leaves_out() -> None:
    text = "inline int f() { return 1; }\nnamespace symint { template <class T> T g(T x) { return x; } }"
    emitted = with_bodies_emitted(text, bodies(text))
    assert emitted == text.replace("inline int f", "__attribute__((__used__)) inline int f")


@pytest.mark.parametrize("text", ["}", "struct A { int f() {", "namespace a { } }", "template <class T"])
def test_text_that_is_no_header(text: str) -> None:
    with pytest.raises(DeclarationError):
        bodies(text)


PREPROCESSED = (
    '# 1 "entry.h"\n# 1 "/t/include/a.h" 1 3\nint a;\n# 1 "/usr/include/b.h" 1 3\nint b;\n# 2 "/t/include/a.h" 2 3\n'
    'int c;\n# 1 "/t/include/ATen/ops/add_native.h" 1\nint d;\n# 1 "/t/include/ATen/ops/add_ops.h" 1\nint e;\n'
    '# 1 "/gcc/immintrin.h" 1\n# 1 "/gcc/emm.h" 1\nint f;\n# 2 "entry.h" 2\n'
)


def test_stretches_of_others_are_set_aside() -> None:
    torch, others = set_aside(PREPROCESSED, "/t/include/")
    assert "int b" not in torch and "int a" in torch and any("int b" in other for other in others)
    assert put_back(torch, others) == PREPROCESSED


def test_what_programs_do_without() -> None:
    assert files(PREPROCESSED, "/t/include/") == {"a.h", "ATen/ops/add_native.h", "ATen/ops/add_ops.h"}
    kept = without_operators(without_internals(PREPROCESSED))
    assert [name for name in "abcdef" if f"int {name};" in kept] == ["a", "b", "c"]
