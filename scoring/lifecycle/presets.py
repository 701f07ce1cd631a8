"""Configurations that a lead can let a challenger try: named changes of a few parameters. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from scoring.learner.model_config import ModelConfig, every_parameter


class PresetUnknown(ValueError):
    """There is no such preset."""


Change = tuple[str, Any, Any]  # a parameter's name, its value before and after


def parameters_of(preset: str, champion: Mapping[str, Any]) -> dict[str, Any]:
    """The champion's parameters with those of a preset changed, checked. Raises `PresetUnknown`, `ConfigInvalid`."""
    if preset not in PRESETS:
        raise PresetUnknown(preset)
    config = ModelConfig.from_dict(champion)
    return ModelConfig.from_dict(replace(config, **PRESETS[preset](config)).to_dict()).to_dict()


def offers(champion: Mapping[str, Any]) -> dict[str, list[Change]]:
    """Every preset, with what it would change of the champion; nothing where the champion is that already."""
    return {preset: changed(champion, parameters_of(preset, champion)) for preset in PRESETS}


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The parameters in which two configurations differ: name, before, after."""
    before, after = every_parameter(before), every_parameter(after)
    pairs = [(one.name, before[one.name], after[one.name]) for one in fields(ModelConfig)]
    return [pair for pair in pairs if pair[1] != pair[2]]


def _todays(config: ModelConfig) -> dict[str, Any]:
    """The defaults of this release; what other queues have taught stays."""
    kept = {one.name for one in fields(config) if one.name.startswith("experience_")}
    return {one.name: one.default for one in fields(config) if one.name not in kept}


PRESETS: Final[Mapping[str, Callable[[ModelConfig], dict[str, Any]]]] = {
    "forget_faster": lambda config: {
        "drift_variance": max(1e-6, config.drift_variance) * 10,
        "calibration_drift": min(0.1, config.calibration_drift * 5),
        "counts_span": config.counts_span / 2,
        "memory": max(256, config.memory // 2),
    },
    "remember_longer": lambda config: {
        "drift_variance": config.drift_variance / 10,
        "calibration_drift": config.calibration_drift / 5,
        "counts_span": config.counts_span * 3,
        "memory": min(8_192, config.memory * 2),
    },
    "no_slow_generation": lambda _config: {"slow_trees": 0},
    "without_text": lambda _config: {"max_text_ids": 0},
    "only_text": lambda _config: {"max_features": 0},
    "text_moves_more": lambda config: {"text_gain": config.text_gain * 1.5, "l2": config.l2 / 3},
    "todays_defaults": _todays,
}
