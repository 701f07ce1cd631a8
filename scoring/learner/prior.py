"""What is believed before verdicts say better: the upstream score, as other queues have taught to read it. Pure."""

from __future__ import annotations

from scoring.learner.model_config import ModelConfig


def share_left(config: ModelConfig, learnt: int) -> float:
    """How much of the prior is left: 1 before the first verdict, towards 0 as they come in."""
    return config.prior_verdicts / (config.prior_verdicts + learnt) if learnt else 1.0


def terms(config: ModelConfig, learnt: int) -> tuple[float, float]:
    """Intercept and gain, in log-odds: an upstream score in 0..1 stands for ``intercept + gain * (2 * score - 1)``.

    The experience of other queues counts as its verdicts do beside ``prior_verdicts`` of no particular opinion.
    """
    elsewhere = config.experience_verdicts / (config.experience_verdicts + max(config.prior_verdicts, 1.0))
    gain = config.prior_gain + elsewhere * (config.experience_gain - config.prior_gain)
    share = share_left(config, learnt)
    return share * elsewhere * config.experience_intercept, share * gain
