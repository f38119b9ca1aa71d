"""What docstrings of google's style say of a class."""

import inspect
import re

_SECTION = re.compile(r"^Attributes:\n((?:[ \n].*\n?)*)", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^    (\w+): ((?:.*\n?)(?:^     .*\n?)*)", re.MULTILINE)


def summary(described: type) -> str:
    """What comes before the attributes."""
    text = inspect.cleandoc(described.__doc__ or "")
    return _SECTION.sub("", text).strip()


def attributes(described: type) -> dict[str, str]:
    """The attributes and what is said of them, in one line, those of the bases first."""
    told: dict[str, str] = {}
    for base in reversed(described.__mro__):
        section = _SECTION.search(inspect.cleandoc(vars(base).get("__doc__") or ""))
        for name, said in _ATTRIBUTE.findall(section[1] if section else ""):
            told[name] = " ".join(said.split())
    return told
