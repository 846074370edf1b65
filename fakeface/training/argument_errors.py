"""What jsonargparse says of wrong arguments, in words for users."""

import ast
import re
from collections.abc import Iterable

from fakeface.errors import did_you_mean

_KEY = re.compile(r'Parser key "(?P<key>[^"]+)": (?P<rest>.*)')
_EXPECTED = re.compile(r"Expected an? (.+?)(?=\. Got| - Expected| Given value|$)")
_VALUE = re.compile(r"(?:Got value|Given value): (?P<value>.*)")


def explain(message: str, flags: Iterable[str]) -> str:
    """Return a sentence with the mend for an error of jsonargparse.

    Args:
        message: What it says, in one line.
        flags: Those that the subcommand takes.
    """
    if message.lower().startswith("unrecognized arguments: "):
        words = message.split(": ", 1)[1].split()
        wrong = next((word for word in words if word.startswith("-")), words[0]).partition("=")[0]
        hint = did_you_mean(wrong, flags) or "--help lists those that there are"
        return f"there is no argument {wrong}: {hint}"
    if message.endswith("required: branches"):
        return (
            "no network is named: pass --config NAME (`fakeface configs` lists them), or "
            "--model.net.init_args.branches.VIEW BACKBONE"
        )
    keyed, value, expected = _KEY.match(message), _VALUE.search(message), _EXPECTED.findall(message)
    if not (keyed and value and expected):
        return message
    # Null last, for versions of jsonargparse differ in the order.
    choices = sorted({choice: None for text in expected for choice in _choices(text)}, key="null".__eq__)
    hint = did_you_mean(value["value"], choices) or f"write one of {', '.join(choices)}"
    return f"{keyed['key']} is {value['value']!r}: {hint}"


def _choices(expected: str) -> list[str]:
    """Return what a type of Python allows: the words of a ``Literal``, or what the type is called."""
    literal = re.match(r"typing\.Literal(\[.*\])", expected)
    if literal:
        return [str(choice) for choice in ast.literal_eval(literal[1])]
    name = re.sub(r"<class '([\w.]+)'>", r"\1", expected).rpartition(".")[2]
    return [{"NoneType": "null", "int": "a whole number", "float": "a number", "bool": "true, false"}.get(name, name)]
