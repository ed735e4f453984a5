#!/bin/sh
# PyTorch 2.13.0, CPU: a fused optimizer step pairs numbers by where they lie in memory, not by their indices.
#
# What was expected: on CUDA a fused step refuses tensors whose strides differ ("params, grads, exp_avgs, and exp_avg_sqs
# must have same dtype, device, and layout"), so the CPU would refuse too, or realign, as the unfused step does.
#
# What happens: torch.optim.SGD, Adam and AdamW with fused=True on the CPU take a channels-last parameter with a
# gradient or moments in the plain order, of the same shape, without a word, and add the wrong numbers to each weight.
# It needs no odd code. safetensors wants contiguous tensors, so that moments of channels-last weights come back in the
# plain order from such a checkpoint; Optimizer.load_state_dict keeps the order in which they come (a module's
# load_state_dict copies into the parameter and is safe). A training that is resumed so goes on with moments that
# belong to other weights: losses look plausible, nothing is NaN. The unfused step resumes to the last bit.
#
# Way round: after load_state_dict copy each state into torch.empty_like(parameter), and give gradients that are set by
# hand the parameter's own memory format.
#
# Output seen (2026-11-29):
#   unfused: resumed training differs by 0.000 of weights that moved by 0.501 at most
#   fused:   resumed training differs by 0.291 of weights that moved by 0.501 at most
#   unfused: SGD step on a gradient in the plain order is off by 0.0
#   fused:   SGD step on a gradient in the plain order is off by 24.0
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 safetensors==0.8.0 packaging numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import torch
from safetensors.torch import load_file, save_file

torch.set_num_threads(1)


def weights_after(steps, fused, resumed_at=None):
    """A channels-last convolution after some steps of Adam; at one of them the moments go through a safetensors file."""
    torch.manual_seed(0)
    network = torch.nn.Conv2d(4, 8, 3, bias=False).to(memory_format=torch.channels_last)
    start = network.weight.detach().clone()
    adam = torch.optim.Adam(network.parameters(), lr=0.1, fused=fused)
    gradients = torch.randn(steps, 8, 4, 3, 3)
    for step in range(steps):
        if step == resumed_at:
            kept = adam.state_dict()
            save_file({name: value.contiguous() for name, value in kept["state"][0].items()}, "moments.safetensors")
            adam = torch.optim.Adam(network.parameters(), lr=0.1, fused=fused)
            adam.load_state_dict({**kept, "state": {0: load_file("moments.safetensors")}})
        network.weight.grad = gradients[step].to(memory_format=torch.channels_last)
        adam.step()
    moved = float((network.weight.detach() - start).abs().max())
    return network.weight.detach(), moved


def plain_gradient_error(fused):
    """How far SGD with rate 1 ends from minus the gradient, begun at 0."""
    weight = torch.nn.Parameter(torch.zeros(8, 4, 3, 3).to(memory_format=torch.channels_last))
    gradient = torch.arange(288.0).reshape(8, 4, 3, 3)
    weight.grad = gradient.clone()
    torch.optim.SGD([weight], lr=1.0, fused=fused).step()
    return float((weight.detach() + gradient).abs().max())


print("torch", torch.__version__)
found = {}
for fused in (False, True):
    whole, moved = weights_after(5, fused)
    resumed, _ = weights_after(5, fused, resumed_at=3)
    found[fused] = float((whole - resumed).abs().max()), plain_gradient_error(fused)
    word = "fused:  " if fused else "unfused:"
    print(f"{word} resumed training differs by {found[fused][0]:.3f} of weights that moved by {moved:.3f} at most")
    print(f"{word} SGD step on a gradient in the plain order is off by {found[fused][1]:.1f}")
as_described = found[False] == (0.0, 0.0) and found[True][0] > 0.1 and found[True][1] > 1
sys.exit(0 if as_described else "PyTorch behaves otherwise now")
PYTHON
