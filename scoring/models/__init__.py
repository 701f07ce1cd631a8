"""What is believed right now: policies, model configurations, checkpoints, re-rankings."""

from scoring.models.amendments import Amendment, AmendmentKind, Generation
from scoring.models.figures import FigureStanding, JudgedAlert, LearningBlock, WeeklyFigure
from scoring.models.learner import Checkpoint, ModelConfiguration, Reranking
from scoring.models.policies import PolicyVersion, Stage

__all__ = [
    "Amendment",
    "AmendmentKind",
    "Checkpoint",
    "FigureStanding",
    "Generation",
    "JudgedAlert",
    "LearningBlock",
    "ModelConfiguration",
    "PolicyVersion",
    "Reranking",
    "Stage",
    "WeeklyFigure",
]
