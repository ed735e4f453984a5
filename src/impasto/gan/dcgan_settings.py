"""The parameters of `train dcgan`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from impasto.data.fields import DataFields
from impasto.losses.adversarial import LossName
from impasto.losses.penalties import PenaltyName
from impasto.networks.shape import (
    LONGEST,
    WIDEST,
    Architecture,
    BatchNormName,
    HeadName,
    InitialName,
    LabelsName,
    LatentName,
    OutputName,
    Shape,
)
from impasto.training.settings import TrainingConfig
from impasto.training.update import OptimizerName

UpdatesName = Literal["alternate", "together", "batches"]


class DCGANConfig(DataFields, TrainingConfig):
    """Parameters of the training; the defaults follow the guidelines of Radford, Metz & Chintala 2016."""

    side: Literal[28, 32, 64, 128] = Field(  # fewer than data have
        64, description="side in pixels of the pictures that are learned and drawn"
    )
    architecture: Architecture = Field("dcgan", description="what both networks are made of")
    width: int = Field(64, ge=1, le=WIDEST, description="channels at half of the side; each halving doubles them")
    widths: tuple[int, ...] = Field((), description="channels of the critic's layers, from the picture inwards")
    strides: tuple[int, ...] = Field((), description="strides of the critic's layers, 1 or 2 (default: all 2)")
    kernel: Literal[3, 4, 5] = Field(4, description="side of the convolutions' kernels")
    dense: int = Field(0, ge=0, le=LONGEST, description="units of a hidden dense layer in both networks (0: none)")
    latent: LatentName = Field("normal", description="distribution of the numbers that a picture is drawn from")
    latent_size: int = Field(100, ge=1, le=LONGEST, description="how many numbers a picture is drawn from")
    labels: LabelsName = Field("every-layer", description="where both networks are told the class, if there are any")
    batch_norm: BatchNormName = Field(
        "guidelines", description="everywhere but at G's end and D's beginning, all, without scale and bias, or none"
    )
    pooling: bool = Field(False, description="max pooling and repeated pixels in place of strides")
    head: HeadName = Field("flatten", description="D's last features flattened, or averaged over their positions")
    activation: OutputName = Field("tanh", description="pictures in -1..1 by tanh, or in 0..1 by sigmoid")
    initial: InitialName = Field("normal", description="weights at the beginning: N(0, .02), Glorot's, or He's")
    loss: LossName = Field("bce", description="what G and D want of each other")
    updates: UpdatesName = Field(
        "alternate", description="D, then G against the new D; both from one pass; or on batches by turns"
    )
    critic_steps: int = Field(1, ge=1, le=100, description="steps of D for each of G")
    halves: bool = Field(False, description="show D half a batch of real and half a batch of drawn pictures, together")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of D's last features that is dropped (0: its own)")
    spectral_norm: bool = Field(False, description="divide D's matrices by their largest singular value")
    penalty: PenaltyName | Literal["none"] = Field(
        "none", description="penalty on D's slope: towards 1 between real and drawn, or towards 0 at real pictures"
    )
    penalty_weight: float = Field(10.0, ge=0, le=1e6, description="weight of the penalty")
    penalty_every: int = Field(1, ge=1, le=1000, description="steps from one penalty to the next, which counts for all")
    mask_sparsity: float = Field(0.1, ge=0, le=1e6, description="weight of the mask's mean, of two streams")
    optimizer: OptimizerName = Field("adam", description="adam, sgd with momentum beta1, or rmsprop")
    learning_rate: float = Field(2e-4, gt=0, le=10, description="step size of both networks")
    beta1: float = Field(0.5, ge=0, lt=1, description="memory of the mean gradient")
    l2: float = Field(0.0, ge=0, le=10, description="weight of half of the squared norm of the weights")
    fade: float = Field(
        0.0, ge=0, le=1, description="share of the training, at its end, in which the step size falls to 0"
    )
    clip: float = Field(0.0, ge=0, le=1e9, description="largest norm of a network's gradient (0: any)")
    flip: bool = Field(False, description="mirror half of the pictures")
    jitter: float = Field(
        0.0, ge=0, le=1, description="share by which brightness, contrast and saturation change at random (0: none)"
    )
    held_out: int = Field(0, ge=0, le=10**9, description="last pictures of the data that are not trained on")
    samples: int = Field(64, ge=1, le=400, description="samples on a sheet")

    hidden = frozenset({"pairs"})
    main = "side pictures batch architecture width loss average sheet_every seed device"

    presets: ClassVar[dict[str, dict[str, Any]]] = {
        # Radford, Metz & Chintala 2016, section 3.
        "paper": {"width": 128, "kernel": 5, "latent": "uniform", "batch": 128, "average": 0.0},
        # Section 5.1: of its critic all layers' features, pooled to 4x4, are 28,672 numbers.
        "imagenet32": {
            "side": 32,
            "widths": (128, 128, 256, 256, 512, 512),
            "strides": (1, 2, 1, 2, 1, 2),
            "kernel": 3,
            "latent": "uniform",
            "latent_size": 256,
            "batch": 128,
        },
        # Section 5.2: 7,168 numbers.
        "svhn32": {"side": 32, "widths": (64, 128, 256), "kernel": 5, "latent": "uniform", "batch": 128},
        # Section 5.3 and its code: labels joined everywhere, 100 epochs, and 100 in which the step size falls.
        "mnist": {
            "side": 28,
            "widths": (64, 128),
            "kernel": 5,
            "dense": 1024,
            "latent": "uniform",
            "batch_norm": "no-affine",
            "activation": "sigmoid",
            "l2": 2.5e-5,
            "batch": 128,
            "updates": "batches",
            "pictures": 10_000_000,
            "fade": 0.5,
            "held_out": 10_000,
        },
        # The appendix of a student's report, whose framework draws weights by Glorot's rule.
        "report": {
            "side": 128,
            "architecture": "report",
            "batch_norm": "none",
            "activation": "sigmoid",
            "initial": "glorot",
            "batch": 128,
            "halves": True,
            "average": 0.0,
        },
    }

    @model_validator(mode="after")
    def _check(self) -> DCGANConfig:
        self.shape(3, 0)
        smooth = self.batch_norm == "none" or self.architecture in ("report", "perceptron")
        if self.penalty == "interpolated" and not smooth:
            raise ValueError("penalty interpolated is of each picture by itself: it needs batch_norm none")
        if self.updates == "together" and (self.critic_steps > 1 or self.parts > 1 or self.halves):
            raise ValueError("updates together go with critic_steps 1, whole batches, and no halves")
        if self.batch % self.parts or self.batch % (2 if self.halves else 1):
            raise ValueError(f"batch must be a multiple of micro_batch, and even with halves, got {self.batch}")
        if self.batch % (self.processes * self.parts):
            raise ValueError(f"batch must be a multiple of processes, got {self.batch} for {self.processes}")
        if self.processes > 1 and self.halves:
            raise ValueError("halves: a batch of both kinds is one process's; processes must be 1")
        return self

    def shape(self, channels: int, classes: int) -> Shape:
        """What both networks are built from, for pictures of so many channels and classes."""
        return Shape(
            architecture=self.architecture,
            side=self.side,
            channels=1 if channels == 1 else 3,
            classes=classes,
            labels=self.labels,
            latent=self.latent_size,
            distribution=self.latent,
            width=self.width,
            widths=self.widths,
            strides=self.strides,
            kernel=self.kernel,
            dense=self.dense,
            batch_norm=self.batch_norm,
            pooling=self.pooling,
            head=self.head,
            output=self.activation,
            dropout=self.dropout,
            spectral_norm=self.spectral_norm,
        )

    def rate(self, index: int) -> float:
        """The step size at the step of that number."""
        left = 1 - index / self.steps
        return self.learning_rate * (min(1.0, left / self.fade) if self.fade else 1.0)
