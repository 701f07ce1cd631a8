"""What is believed right now: policies, model configurations, checkpoints, re-rankings."""

from scoring.models.learner import Checkpoint, ModelConfiguration, Reranking
from scoring.models.policies import PolicyVersion, Stage

__all__ = ["Checkpoint", "ModelConfiguration", "PolicyVersion", "Reranking", "Stage"]
