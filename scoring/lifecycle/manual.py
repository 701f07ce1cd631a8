"""The parameters of a model's configuration with what the source says of them. Pure."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, fields

from scoring.features import FeatureConfig
from scoring.learner.model_config import ModelConfig

_NAME = re.compile(r"``(\w+)``")


@dataclass(frozen=True, slots=True)
class Section:
    """Parameters that belong together, and the words about them."""

    title: str
    text: str
    names: tuple[str, ...]


def sections() -> list[Section]:
    """Every parameter of `ModelConfig`, in the sections of its docstring; the rest comes last."""
    known = [one.name for one in fields(ModelConfig)]
    told: set[str] = set()
    found = []
    for title, text in _paragraphs(inspect.getdoc(ModelConfig) or ""):
        names = [name for name in dict.fromkeys(_NAME.findall(text)) if name in known and name not in told]
        told.update(names)
        if names:
            found.append(Section(title, text.replace("``", ""), tuple(names)))
    rest = tuple(name for name in known if name not in told)
    about = (inspect.getdoc(FeatureConfig) or "").splitlines()[0]
    return [*found, Section("What is taken from an alert", about, rest)] if rest else found


def _paragraphs(text: str) -> list[tuple[str, str]]:
    """The titles of a docstring (lines without indent that text with indent follows) and the text below them."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line and not line.startswith(" "):
            found.append((line, []))
        elif line and found:
            found[-1][1].append(line.strip())
    return [(title, " ".join(lines)) for title, lines in found if lines]
