"""Small networks as others export them, each of a kind that once came out wrong. Weights are random.

    pip install onnx numpy
    python foreign.py            # writes the .onnx files beside this script
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
SIDE = 32
draw = np.random.default_rng(7)


def weight(name, *shape):
    spread = np.exp(draw.normal(size=(shape[0],) + (1,) * (len(shape) - 1))) if len(shape) > 1 else 0.2
    fan = np.prod(shape[1:]) if len(shape) > 1 else 1
    return numpy_helper.from_array((draw.normal(size=shape) * spread / np.sqrt(fan)).astype(np.float32), name)


def ints(name, *numbers):
    return numpy_helper.from_array(np.array(numbers, np.int64), name)


def conv(x, w, b, y, stride=1, **more):
    return helper.make_node("Conv", [x, w, b], [y], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[stride, stride], **more)


def head(x):
    return [
        helper.make_node("GlobalAveragePool", [x], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "head.w", "head.b"], ["y"], transB=1),
    ]


def save(name, nodes, weights, channels=16, batch="N", inputs=(), outputs=None, opset=17):
    weights = [*weights, weight("head.w", 10, channels), weight("head.b", 10)]
    graph = helper.make_graph(
        [*nodes, *(head("c") if outputs is None else [])],
        name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, SIDE, SIDE]), *inputs],
        outputs or [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 10])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, HERE / f"{name}.onnx")
    return model


first = [weight("w1", 16, 3, 3, 3), weight("b1", 16)]
last = [weight("w3", 16, 16, 3, 3), weight("b3", 16)]

# An Add of one channel and sixteen.
save(
    "add-broadcast",
    [
        conv("x", "w1", "b1", "a", 2),
        conv("x", "w2", "b2", "m", 2),
        helper.make_node("Add", ["a", "m"], ["s"]),
        conv("s", "w3", "b3", "c"),
    ],
    [*first, weight("w2", 1, 3, 3, 3), weight("b2", 1), *last],
)

# Two halves of a photo's channels as two photos, and back.
save(
    "batch-folded",
    [
        conv("x", "w1", "b1", "a", 2),
        helper.make_node("Reshape", ["a", "half"], ["s"]),
        conv("s", "w3", "b3", "t"),
        helper.make_node("Reshape", ["t", "whole"], ["c"]),
    ],
    [*first, weight("w3", 8, 8, 3, 3), weight("b3", 8), ints("half", -1, 8, 16, 16), ints("whole", -1, 16, 16, 16)],
)

# Photos and channels change places, so that photos lie mixed in the second convolution.
save(
    "batch-mixed",
    [
        conv("x", "w1", "b1", "a", 2),
        helper.make_node("Reshape", ["a", "split"], ["r"]),
        helper.make_node("Transpose", ["r"], ["t"], perm=[1, 0, 2, 3, 4]),
        helper.make_node("Reshape", ["t", "half"], ["s"]),
        conv("s", "w3", "b3", "u"),
        helper.make_node("Reshape", ["u", "back"], ["v"]),
        helper.make_node("Transpose", ["v"], ["w"], perm=[1, 0, 2, 3, 4]),
        helper.make_node("Reshape", ["w", "whole"], ["c"]),
    ],
    [
        *first,
        weight("w3", 8, 8, 3, 3),
        weight("b3", 8),
        ints("split", -1, 2, 8, 16, 16),
        ints("half", -1, 8, 16, 16),
        ints("back", 2, -1, 8, 16, 16),
        ints("whole", -1, 16, 16, 16),
    ],
)

# Two convolutions of the same weights, hard sigmoids of other slopes behind.
save(
    "shared-weights",
    [
        conv("x", "w1", "b1", "a", 2),
        helper.make_node("Relu", ["a"], ["r"]),
        conv("r", "w3", "b3", "c1"),
        helper.make_node("HardSigmoid", ["c1"], ["g1"], alpha=0.2),
        helper.make_node("MaxPool", ["r"], ["r2"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        conv("r2", "w3", "b3", "c2"),
        helper.make_node("HardSigmoid", ["c2"], ["g2"], alpha=0.1),
        helper.make_node("Mul", ["g1", "g2"], ["c"]),
    ],
    [*first, *last],
)

# keep_initializers_as_inputs.
save(
    "initializers-as-inputs",
    [conv("x", "w1", "b1", "a", 2), helper.make_node("Relu", ["a"], ["r"]), conv("r", "w3", "b3", "c")],
    [*first, *last],
    inputs=[helper.make_tensor_value_info(w.name, TensorProto.FLOAT, list(w.dims)) for w in [*first, *last]],
)

# A Slice to the end, its end as numbers instead of bytes.
save(
    "slice-to-the-end",
    [
        conv("x", "w1", "b1", "a", 2),
        helper.make_node("Slice", ["a", "from", "to", "axis"], ["s"]),
        conv("s", "w3", "b3", "c"),
    ],
    [
        *first,
        *last,
        helper.make_tensor("from", TensorProto.INT64, [1], [2]),
        helper.make_tensor("to", TensorProto.INT64, [1], [2**63 - 1]),
        helper.make_tensor("axis", TensorProto.INT64, [1], [2]),
    ],
)

# Names that we would give.
save(
    "names-of-ours",
    [
        conv("x", "conv/weight", "conv/bias", "conv", 2),
        helper.make_node("Relu", ["conv"], ["conv/q"]),
        conv("conv/q", "x/q", "x/scale", "conv/dq"),
        helper.make_node("HardSwish", ["conv/dq"], ["conv/gate"]),
        conv("conv/gate", "w3", "b3", "conv/gate/q"),
        helper.make_node("HardSigmoid", ["conv/gate/q"], ["clip.0"]),
        helper.make_node("Mul", ["clip.0", "conv/gate"], ["c"]),
    ],
    [
        weight("conv/weight", 16, 3, 3, 3),
        weight("conv/bias", 16),
        weight("x/q", 16, 16, 3, 3),
        weight("x/scale", 16),
        *last,
    ],
)

# Weights, a bias shared through Identity, ReLU6's limits and a reshape's target as nodes, as torch's old exporter has them.
def as_nodes(*tensors):
    return [helper.make_node("Constant", [], [tensor.name], value=tensor) for tensor in tensors]


save(
    "constant-nodes",
    [
        *as_nodes(*first, last[0]),
        helper.make_node("Constant", [], ["zero"], value_float=0.0),
        helper.make_node("Constant", [], ["six"], value_float=6.0),
        helper.make_node("Identity", ["b1"], ["b3"]),
        conv("x", "w1", "b1", "a", 2),
        helper.make_node("Clip", ["a", "zero", "six"], ["r"]),
        helper.make_node("Transpose", ["w3"], ["w3.t"], perm=[1, 0, 2, 3]),
        conv("r", "w3.t", "b3", "s"),
        helper.make_node("Identity", ["s"], ["i"]),
        helper.make_node("Clip", ["i", "zero", "six"], ["c"]),
    ],
    [],
)

# The usual file of torch.onnx.export without dynamic axes; and one for five photos at once, its output a ReLU's.
plain = [conv("x", "w1", "b1", "a", 2), helper.make_node("Relu", ["a"], ["r"]), conv("r", "w3", "b3", "b")]
shaped = [helper.make_node("Reshape", ["b", "fixed"], ["c"])]
save("batch-of-one", [*plain, *shaped], [*first, *last, ints("fixed", 1, 16, 16, 16)], batch=1)
save("batch-of-five", [*plain, *shaped], [*first, *last, ints("fixed", 5, 16, 16, 16)], batch=5)
save(
    "relu-last",
    [*plain, helper.make_node("Relu", ["b"], ["c"])],
    [*first, *last],
    outputs=[helper.make_tensor_value_info("c", TensorProto.FLOAT, ["N", 16, 16, 16])],
)

# Weights in another file.
(HERE / "outside.data").unlink(missing_ok=True)
outside = onnx.load(HERE / "initializers-as-inputs.onnx")
onnx.save(outside, HERE / "outside.onnx", save_as_external_data=True, location="outside.data", size_threshold=64)

# Channel shuffle, pooling, concatenation and gates between convolutions, a ReLU behind a MaxPool; means over the image as torch's newer exporter has them.
save(
    "moved-and-joined",
    [
        conv("x", "w1", "b1", "a", 2),
        helper.make_node("MaxPool", ["a"], ["p"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Relu", ["p"], ["r"]),
        helper.make_node("Reshape", ["r", "groups"], ["g"]),
        helper.make_node("Transpose", ["g"], ["t"], perm=[0, 2, 1, 3, 4]),
        helper.make_node("Reshape", ["t", "channels"], ["s"]),
        helper.make_node("Slice", ["s", "zero", "half", "one"], ["left"]),
        conv("left", "w2", "b2", "l"),
        helper.make_node("Sigmoid", ["l"], ["gate"]),
        helper.make_node("Mul", ["l", "gate"], ["silu"]),
        helper.make_node("LeakyRelu", ["silu"], ["leaky"], alpha=0.1),
        helper.make_node("AveragePool", ["s"], ["mean"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Concat", ["leaky", "mean"], ["joined"], axis=1),
        conv("joined", "w3", "b3", "c"),
    ],
    [
        *first,
        weight("w2", 8, 8, 3, 3),
        weight("b2", 8),
        weight("w3", 16, 24, 3, 3),
        weight("b3", 16),
        ints("groups", -1, 2, 8, 8, 8),
        ints("channels", -1, 16, 8, 8),
        ints("zero", 0),
        ints("half", 8),
        ints("one", 1),
    ],
)
means = [
    conv("x", "w1", "b1", "a", 2),
    helper.make_node("ReduceMean", ["a", "image"], ["m"], keepdims=1),
    helper.make_node("Conv", ["m", "w2", "b2"], ["e"]),
    helper.make_node("HardSigmoid", ["e"], ["gate"]),
    helper.make_node("Mul", ["a", "gate"], ["g"]),
    conv("g", "w3", "b3", "c"),
    helper.make_node("ReduceMean", ["c", "image"], ["flat"], keepdims=0),
    helper.make_node("Gemm", ["flat", "head.w", "head.b"], ["y"], transB=1),
]
save(
    "means-over-the-image",
    means,
    [*first, *last, weight("w2", 16, 16, 1, 1), weight("b2", 16), ints("image", -1, -2)],
    outputs=[helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 10])],
    opset=18,
)
