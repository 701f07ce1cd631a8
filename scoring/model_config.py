"""The frozen configuration of a queue's model: every number that learning depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self

from scoring.features import FeatureConfig

FORMAT: Final = 1  # of the model's state; a state of another format is not read


class ConfigInvalid(ValueError):
    """Stored parameters do not make a configuration."""


@dataclass(frozen=True, slots=True)
class ModelConfig(FeatureConfig):
    """Hyperparameters. One set serves every queue: chosen on many streams at once (bench/ranking.py, decision 0010).

    Sizes
        ``dense_slots``: weights with a full covariance, shared by intercept, numeric columns (``1 + bins`` each) and
        categories; what finds no room is hashed into ``2 ** category_bits`` further weights, numbers are left out.
        ``values_per_category``: values of one feature that may take dense slots. ``memory``: past labels kept.
    Dense weights
        ``intercept_variance``, ``category_variance``, ``slope_variance`` (of a z-score) and ``step_variance`` (from one
        bin to the next): how far a weight may be from 0 before anything is learnt, in squared log-odds.
        ``drift_variance``: by how much a weight may move from one verdict to the next.
    Text weights
        ``learning_rate`` and ``smoothing`` of AdaGrad; ``l2`` on the active weights; ``text_gain``: the length of the
        text vector. A verdict is followed by ``replay`` old labels, by up to ``early_replay`` while few are known.
    Prior
        The upstream score adds up to ``prior_gain`` log-odds, times ``prior_verdicts / (prior_verdicts + learnt)``.
    """

    version: int = FORMAT
    category_bits: int = 14
    dense_slots: int = 384
    values_per_category: int = 64
    bins: int = 10
    memory: int = 2_048
    intercept_variance: float = 3.0
    category_variance: float = 0.5
    slope_variance: float = 0.3
    step_variance: float = 0.25
    drift_variance: float = 2e-6
    learning_rate: float = 1.0
    smoothing: float = 0.1
    l2: float = 1e-3
    text_gain: float = 1.0
    replay: int = 0
    early_replay: int = 8
    early_verdicts: int = 300
    prior_gain: float = 1.0
    prior_verdicts: float = 50.0

    def to_dict(self) -> dict[str, Any]:
        """All parameters as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, parameters: Mapping[str, Any]) -> Self:
        """The configuration of ``to_dict``. Raises ``ConfigInvalid``: unknown names, wrong types, another format."""
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
