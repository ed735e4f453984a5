"""What can be chosen of every training on a data set."""

from __future__ import annotations

from pydantic import Field, model_validator

from impasto.methods import MethodConfig
from impasto.training.precision import PrecisionName

MEASURES, RARELY = 20, 50  # over a training at most, and pictures seen for each measured, if nothing else is said
MOST_MODELS = 1000  # that a run keeps on its way


class TrainingConfig(MethodConfig):
    """The length is told in pictures seen, whatever the batch is and however many pictures there are."""

    pictures: int = Field(1_000_000, ge=1, le=10**10, description="length of the training in pictures seen")
    batch: int = Field(64, ge=1, le=8192, description="pictures a step")
    micro_batch: int = Field(
        0,
        ge=0,
        le=8192,
        description="pictures at a time, to save memory; batch norm sees only these (0: all of a step)",
    )
    precision: PrecisionName = Field(
        "auto", description="fp32, or bf16 for convolutions where the processor is quick in it, which auto finds out"
    )
    average: float = Field(
        10_000,
        ge=0,
        le=1e9,
        description="half life in pictures of the mean weights that draw the samples (0: the last)",
    )
    sheet_every: int = Field(
        0, ge=0, le=10**10, description="pictures between sheets of samples that are kept (0: none)"
    )
    models_every: int = Field(
        0, ge=0, le=10**10, description="pictures between models that are kept as they are then (0: none)"
    )
    measure_every: int | None = Field(
        None,
        ge=0,
        le=10**10,
        description="pictures between measures (default: a twentieth, but 50 times measure_pictures at least; 0: none)",
    )
    measure_pictures: int = Field(1000, ge=2, le=100_000, description="pictures of each kind that a measure compares")
    workers: int = Field(1, ge=0, le=64, description="threads that read the next steps' pictures ahead")
    processes: int = Field(1, ge=1, le=1024, description="processes that share each batch on this machine")

    @property
    def steps(self) -> int:
        """Steps of the training."""
        return -(-self.pictures // self.batch)

    @property
    def parts(self) -> int:
        """Parts of a batch that are seen one after the other."""
        return -(-self.batch // self.micro_batch) if self.micro_batch else 1

    def falls(self, index: int, every: int) -> bool:
        """Whether the step of that number, counted from 0, reaches a multiple of so many pictures, or is the last."""
        if not every:
            return False
        before, after = index * self.batch // every, (index + 1) * self.batch // every
        return after > before or index == self.steps - 1

    def sheet_at(self, index: int) -> str:
        """The name of the sheet after the step of that number; "" for most."""
        return self._seen(index) if self.falls(index, self.sheet_every) else ""

    def model_at(self, index: int) -> str:
        """The name of the model that is kept after the step of that number; "" for most."""
        return self._seen(index) if self.falls(index, self.models_every) else ""

    @property
    def models(self) -> int:
        """How many models are kept on the way at most, the last step's among them."""
        return self._most(self.models_every)

    @property
    def measures(self) -> int:
        """How often something is measured at most, after the last step too."""
        return self._most(self._measured_every)

    @property
    def _measured_every(self) -> int:
        usual = max(-(-self.pictures // MEASURES), RARELY * self.measure_pictures)
        return usual if self.measure_every is None else self.measure_every

    def _most(self, every: int) -> int:
        """How many steps there are at most that reach a multiple of so many pictures, or are the last."""
        return min(self.steps, -(-self.steps * self.batch // every)) if every else 0

    @model_validator(mode="after")
    def _check_models(self) -> TrainingConfig:
        if self.models > MOST_MODELS:
            least = -(-self.steps * self.batch // MOST_MODELS)
            raise ValueError(
                f"models_every must be at least {least}, so that at most {MOST_MODELS:,} are kept, "
                f"got {self.models_every}"
            )
        return self

    def _seen(self, index: int) -> str:
        """The pictures that were seen by the end of a step, for the name of what is kept of it."""
        return f"{(index + 1) * self.batch:010d}"

    def measures_at(self, index: int) -> bool:
        """Whether something is measured after the step of that number."""
        return self.falls(index, self._measured_every)
