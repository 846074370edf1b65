import pytest

from fakeface.evidence.text import LONGEST, plain


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Canon  EOS\n5D\0\0", "Canon EOS 5D"),
        (b"caf\xc3\xa9 \xff", "café \\xff"),
        ((4, 5.5), "4, 5.5"),
        ("evil\u202egnp.exe\u2066", "evil gnp.exe"),  # turns the direction of what follows
        ("\x1b[31mred", "[31mred"),
        ("", ""),
    ],
)
def test_values_become_one_harmless_line(value: object, shown: str) -> None:
    assert plain(value) == shown


def test_long_values_are_cut() -> None:
    assert plain("a" * 10_000_000) == "a" * LONGEST + "…"
    assert plain(b"\xff" * 10_000_000).endswith("…")
    assert len(plain(["b" * 1000] * 1000)) == LONGEST + 1
