"""What the operator `impasto::matrix_square_roots` is in ONNX: a loop."""

# mypy: ignore-errors
# ONNX Script reads annotations as objects: no `from __future__ import annotations` here.
from onnxscript import DOUBLE, script
from onnxscript import opset18 as op

from impasto.styles.decoding.exported_roots import ROUNDS


@script()
def onnx_roots(matrix: DOUBLE["C", "C"]) -> DOUBLE[2, "C", "C"]:  # noqa: F821
    """See `impasto.styles.decoding.exported_roots.iterated_roots`."""
    scale = op.Sqrt(op.ReduceSumSquare(matrix, keepdims=0))
    identity = op.EyeLike(matrix)
    root = op.Div(matrix, scale)
    inverse = op.Identity(identity)
    for _ in range(ROUNDS):
        step = op.CastLike(1.5, matrix) * identity - op.CastLike(0.5, matrix) * op.MatMul(inverse, root)
        root = op.MatMul(root, step)
        inverse = op.MatMul(step, inverse)
    root = op.Unsqueeze(op.Mul(root, op.Sqrt(scale)), op.Constant(value_ints=[0]))
    inverse = op.Unsqueeze(op.Div(inverse, op.Sqrt(scale)), op.Constant(value_ints=[0]))
    return op.Concat(root, inverse, axis=0)
