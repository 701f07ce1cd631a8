"""What is believed right now: policies, model configurations, checkpoints, re-rankings."""

from scoring.models.amendments import Amendment, AmendmentKind, FailedTraining, Generation
from scoring.models.challengers import Challenger, ChallengerEnd, ShadowScore
from scoring.models.drift import DriftAlarm, DriftFamily, DriftStanding
from scoring.models.figures import FigureStanding, JudgedAlert, LearningBlock, WeeklyAgreement, WeeklyFigure
from scoring.models.learner import Checkpoint, ModelConfiguration, Reign, Reranking
from scoring.models.policies import PolicyVersion, Stage
from scoring.models.similar import MemoryStanding, RememberedAlert
from scoring.models.suppressions import Suppression
from scoring.models.trust import JudgeFigure, Ruling, Suspect, Vetting

__all__ = [
    "Amendment",
    "AmendmentKind",
    "Challenger",
    "ChallengerEnd",
    "Checkpoint",
    "DriftAlarm",
    "DriftFamily",
    "DriftStanding",
    "FailedTraining",
    "FigureStanding",
    "Generation",
    "JudgeFigure",
    "JudgedAlert",
    "LearningBlock",
    "MemoryStanding",
    "ModelConfiguration",
    "PolicyVersion",
    "Reign",
    "RememberedAlert",
    "Reranking",
    "Ruling",
    "ShadowScore",
    "Stage",
    "Suppression",
    "Suspect",
    "Vetting",
    "WeeklyAgreement",
    "WeeklyFigure",
]
