"""The training loop that all trained methods share: exact resume, what is watched, and when to give up."""

from impasto.training.batch import one_by_one
from impasto.training.loop import train
from impasto.training.schedule import cosine, set_rate
from impasto.training.settings import TrainingConfig

__all__ = ["TrainingConfig", "cosine", "one_by_one", "set_rate", "train"]
