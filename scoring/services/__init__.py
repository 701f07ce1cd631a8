"""Changes to what is believed: take alerts in, learn, re-rank, change a policy."""

from scoring.services.intake import Intake, take_in
from scoring.services.learning import behind, lags, learn, prune
from scoring.services.policies import change_policy, policy_in_force

__all__ = ["Intake", "behind", "change_policy", "lags", "learn", "policy_in_force", "prune", "take_in"]
