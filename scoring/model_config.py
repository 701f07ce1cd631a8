"""The frozen configuration of a queue's model: every number that learning depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from scoring.features import FeatureConfig

FORMAT = 1  # of the model's state; a state of another format is not read


class ConfigInvalid(ValueError):
    """Stored parameters do not make a configuration."""


@dataclass(frozen=True, slots=True)
class ModelConfig(FeatureConfig):
    """Hyperparameters. One set serves every queue: chosen on many streams at once, see bench/ranking.py.

    Sizes: ``category_bits`` hash space of categories; ``max_columns`` numeric columns that are known at a time;
    ``bins`` quantile bins a column; ``memory`` past labels kept for replay.
    Learning: ``learning_rate`` and ``smoothing`` of AdaGrad, ``l2`` on the active weights, ``intercept_rate``.
    Replay: a verdict is followed by ``replay`` old labels, and by up to ``early_replay`` while few are known.
    Prior: until verdicts outweigh it, the upstream score adds up to ``prior_gain`` log-odds; it counts as ``prior_verdicts``.
    """

    version: int = FORMAT
    category_bits: int = 14
    max_columns: int = 64
    bins: int = 5
    memory: int = 4_096
    learning_rate: float = 0.3
    smoothing: float = 0.1
    l2: float = 0.0
    intercept_rate: float = 0.1
    text_gain: float = 1.0
    replay: int = 3
    early_replay: int = 20
    early_verdicts: int = 600
    prior_gain: float = 1.0
    prior_verdicts: float = 50.0

    def to_dict(self) -> dict[str, Any]:
        """All parameters as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, parameters: Mapping[str, Any]) -> Self:
        """The configuration of ``to_dict``. Raises ``ConfigInvalid`` for unknown names, wrong types or another format."""
        known = {field.name: field.default for field in fields(cls)}
        unknown = sorted(parameters.keys() - known.keys())
        if unknown:
            raise ConfigInvalid(f"unknown model parameters: {', '.join(unknown)}")
        for name, value in parameters.items():
            wanted = (int, float) if isinstance(known[name], float) else int
            if isinstance(value, bool) or not isinstance(value, wanted):
                raise ConfigInvalid(f"model parameter {name} has the wrong type: {value!r}")
        if parameters.get("version", FORMAT) != FORMAT:
            raise ConfigInvalid(f"model format {parameters['version']} is not {FORMAT}")
        return cls(**parameters)
