"""The frozen configuration of a queue's model: every number that learning depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self

from scoring.features import FeatureConfig

FORMAT: Final = 3  # of the model's state; a state of another format is not read
# Parameters that came later, as the learner was without them. Where they are so they are not written: what was frozen
# before keeps its meaning, and its models their bytes.
WITHOUT: Final[Mapping[str, Any]] = {"slow_least_columns": 0, "afresh": 0, "stance_temper": 0.0}


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
        What other queues have taught: ``experience_intercept`` and ``experience_gain`` in place of 0 and
        ``prior_gain``, to the share ``experience_verdicts / (experience_verdicts + prior_verdicts)``; 0: nothing.
    Slow generation
        ``slow_trees`` of scikit-learn's gradient boosting (0: none are trained), with ``slow_rate`` (learning rate),
        ``slow_leaf`` (least rows in a leaf), ``slow_l2``, ``slow_columns`` (share of the columns that a question may
        choose from) and ``slow_least_columns`` (how many that are at least); cross-fitted in ``slow_folds``. Its
        log-odds have a weight from 0 to 1 and ``slow_variance`` at first: the mean of the stances that are tried on the
        newest lessons, each by exp(-loss / ``stance_temper``), losses in nats (0: the best of fewer alone). ``afresh``:
        with each generation all weights, their steps and the calibration begin anew from what is remembered (1), or
        those of text and calibration live on (0).
    Counts
        ``counts_memory`` keys; a key's counts reach back some ``counts_span`` of its own verdicts, a scorer's
        ``counts_recent``; ``counts_shrink`` verdicts at the usual rate are added; weights have ``counts_variance``.
    Calibration
        ``calibration_slope_variance`` and ``calibration_shift_variance`` about slopes of 1 and a shift of 0;
        ``calibration_drift``: which share of them comes back with each verdict; ``calibration_span``: how many verdicts
        a band of the reliability reaches back.
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
    experience_intercept: float = 0.0
    experience_gain: float = 0.0
    experience_verdicts: float = 0.0
    slow_trees: int = 80
    slow_rate: float = 0.1
    slow_leaf: int = 5
    slow_l2: float = 1.0
    slow_columns: float = 0.3
    slow_least_columns: int = 4
    slow_folds: int = 5
    slow_variance: float = 0.1
    stance_temper: float = 4.0
    afresh: int = 1
    counts_memory: int = 4_096
    counts_span: float = 500.0
    counts_recent: float = 200.0
    counts_shrink: float = 10.0
    counts_variance: float = 0.003
    calibration_slope_variance: float = 0.005
    calibration_shift_variance: float = 0.0
    calibration_drift: float = 1e-4
    calibration_span: float = 500.0

    def to_dict(self) -> dict[str, Any]:
        """All parameters as JSON values, but for those of ``WITHOUT`` that are as if they had never come."""
        return {name: value for name, value in asdict(self).items() if name not in WITHOUT or value != WITHOUT[name]}

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
        return cls(**{**WITHOUT, **parameters})


def every_parameter(stored: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a stored configuration; of those that it does not name what holds without, or the usual."""
    return {**asdict(ModelConfig()), **WITHOUT, **stored}
