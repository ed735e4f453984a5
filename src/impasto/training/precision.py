"""How exactly a training computes, and how its numbers lie in memory: what makes it quick on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import torch

if TYPE_CHECKING:
    from torch import nn

PrecisionName = Literal["auto", "fp32", "bf16"]


def is_quick_in_bf16(device: torch.device) -> bool:
    """Whether a device multiplies bf16 faster than float32; a processor without instructions for it is far slower."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    known = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(asked() for asked in known if asked is not None)


def chosen(name: PrecisionName, device: torch.device) -> PrecisionName:
    """What "auto" is here."""
    if name != "auto":
        return name
    return "bf16" if is_quick_in_bf16(device) else "fp32"


@contextmanager
def computing(name: PrecisionName, device: torch.device) -> Iterator[None]:
    """Let convolutions and matrix products compute in bf16, if that was chosen; losses and weights stay float32."""
    if name != "bf16":
        yield
        return
    with torch.autocast(device.type, torch.bfloat16):
        yield


def laid_out(network: nn.Module, device: torch.device) -> nn.Module:
    """A network on its device, the channels of a pixel beside one another: twice as fast for some convolutions."""
    return network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
