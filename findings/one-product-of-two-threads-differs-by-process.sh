#!/bin/sh
# PyTorch 2.13.0 with its own MKL 2024.2 on an Intel processor with AVX-512, two threads: the gradient of a convolution
# over one pixel has other last bits in each process, also with torch.use_deterministic_algorithms(True).
#
# What was expected: one program on one machine with one seed and one number of threads gives one result; what cannot
# promise that raises an error under use_deterministic_algorithms(True). Nothing is raised.
#
# What happens: at 1x1 pixels and batch 1 the gradient of the input is MKL's product of a matrix and a vector, of
# which two threads share the sum. How they share it is settled anew in each process (within one it stays): in a dozen
# processes there were four different results, the length of the environment being enough to change it. The same
# product by torch.mm is always the same, and so is everything on one thread: tests that compare within a process, or
# by matrix products, never see it. A texture synthesis whose last layers come to one pixel ended with another picture in
# one run of six, which looks like a race in one's own code, and was searched for as one.
#
# Way round: MKL_CBWR=AUTO in the environment before MKL is first called (later it is ignored without a word). It took
# no measurable time in whole runs. MKL_DYNAMIC=FALSE does not help.
#
# Output seen (2026-11-30, Xeon of model 207):
#   by default:         4 different gradients in 16 processes, 1 product by torch.mm
#   MKL_DYNAMIC=FALSE:  4 different gradients in 16 processes, 1 product by torch.mm
#   MKL_CBWR=AUTO:      1 different gradients in 16 processes, 1 product by torch.mm
set -eu
if ! grep -q GenuineIntel /proc/cpuinfo || ! grep -q avx512f /proc/cpuinfo || [ "$(nproc)" -lt 2 ]; then
    echo "needs Linux on an Intel processor with AVX-512 and two cores: nothing was looked at"
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cat > "$folder/gradient.py" <<'PYTHON'
import zlib

import torch

torch.use_deterministic_algorithms(True)
torch.set_num_threads(2)
random = torch.Generator().manual_seed(1)
weight = torch.randn(80, 240, 1, 1, generator=random).contiguous(memory_format=torch.channels_last)
pixel = torch.randn(1, 240, 1, 1, generator=random).requires_grad_()
slope = torch.randn(1, 80, 1, 1, generator=random)
torch.nn.functional.conv2d(pixel, weight).backward(slope)
product = torch.mm(slope.view(1, 80), weight.view(80, 240))
torch.testing.assert_close(pixel.grad.view(1, 240), product)
print(*(zlib.crc32(found.numpy().tobytes()) for found in (pixel.grad, product)))
PYTHON
count() { # how many different results 16 processes have, each with an environment of another length
    : > "$folder/seen"
    for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
        env "$1" PADDING="$(printf "%0$((number * 7))d" 0)" "$folder/venv/bin/python" "$folder/gradient.py" >> "$folder/seen"
    done
    gradients=$(cut -d' ' -f1 "$folder/seen" | sort -u | wc -l)
    products=$(cut -d' ' -f2 "$folder/seen" | sort -u | wc -l)
    echo "$2 $gradients different gradients in 16 processes, $products product by torch.mm"
}
unset MKL_CBWR MKL_DYNAMIC MKL_NUM_THREADS OMP_NUM_THREADS
count UNUSED=1 "by default:        "
first=$gradients
count MKL_DYNAMIC=FALSE "MKL_DYNAMIC=FALSE: "
count MKL_CBWR=AUTO "MKL_CBWR=AUTO:     "
[ "$first" -gt 1 ] && [ "$gradients" -eq 1 ] && [ "$products" -eq 1 ]
