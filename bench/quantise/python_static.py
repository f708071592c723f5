"""Python onnxruntime's quantize_static on the same network and photos: the peer of `npm run bench -- quantise`.

Usage: python python_static.py FLOAT.onnx CALIBRATE.f32 SIDE OUT.onnx RECIPE; the last line of stdout is JSON: seconds and versions.

`minMax` is what a person gets who asks for the scheme that is fastest here: QDQ, per-channel int8 weights, uint8 activations.
`best` adds what was found to help: ranges by least squared error behind the activation, the dense layer's result left in float,
sequential bias correction. quantize_static has the ranges by TensorQuantOverrides; the correction is written out here.
"""

import json
import pathlib
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

FLOAT, PHOTOS, SIDE, OUT, RECIPE = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5]
THREADS = 2
BATCH = 8


class Photos(CalibrationDataReader):
    def __init__(self, name, photos):
        self.batches = iter([{name: photos[at : at + BATCH]} for at in range(0, len(photos), BATCH)])

    def get_next(self):
        return next(self.batches, None)


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def run(model, names, photos):
    """The values `names` of a model for all photos, one batch after the other."""
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    del shown.graph.output[:]
    shown.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    opened = session(shown.SerializeToString())
    for at in range(0, len(photos), BATCH):
        yield opened.run(names, {model.graph.input[0].name: photos[at : at + BATCH]})


def quantise(path, out, photos, overrides):
    quantize_static(
        path,
        out,
        Photos(onnx.load(path).graph.input[0].name, photos),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        op_types_to_quantize=["Conv", "Gemm", "Add", "Mul", "GlobalAveragePool", "Flatten", "Relu", "HardSwish", "HardSigmoid"],
        extra_options={"TensorQuantOverrides": overrides, "QDQKeepRemovableActivations": False},
    )


def least_squares(values):
    """Scale and zero point with the least squared error over a histogram of what is not zero."""
    numbers = values[values != 0]
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    if numbers.size == 0 or low == high:
        return None
    counts, edges = np.histogram(numbers, bins=2048, range=(low, high))
    middle = (edges[1:] + edges[:-1]) / 2
    best = None
    shares = 1 - 0.02 * np.arange(41)
    for a in shares if low < 0 else [1.0]:
        for b in shares if high > 0 else [1.0]:
            scale = (b * high - a * low) / 255
            zero = round(-a * low / scale)
            steps = np.clip(np.round(middle / scale) + zero, 0, 255)
            error = (counts * ((steps - zero) * scale - middle) ** 2).sum()
            if best is None or error < best[0]:
                best = (error, scale, zero)
    return best[1:]


def ranges(model, photos):
    """Overrides for every value that is quantised: behind the activation where one follows."""
    users = {}
    for node in model.graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    constants = {tensor.name for tensor in model.graph.initializer}
    names = []
    for node in model.graph.node:
        if node.op_type not in ("Conv", "Add", "Mul", "Relu", "GlobalAveragePool", "HardSwish", "HardSigmoid"):
            continue
        followed = [user.op_type for user in users.get(node.output[0], [])] == ["Relu"]
        if not followed:
            names.append(node.output[0])
    seen = {name: [] for name in names}
    for batch in run(model, names, photos):
        for name, values in zip(names, batch):
            # Every seventh number: enough for a histogram, and all of them would not fit the memory.
            seen[name].append(values.ravel()[::7] if values.size > 1 << 18 else values.ravel())
    overrides = {}
    for name in names:
        found = least_squares(np.concatenate(seen.pop(name)))
        if found is not None:
            scale, zero = found
            overrides[name] = [{"scale": np.array(scale, np.float32), "zero_point": np.array(zero, np.uint8), "quant_type": QuantType.QUInt8}]
    assert not constants & set(overrides)
    return overrides


def without_dense_result(model):
    """Takes the quantiser behind the dense layer away: its result stays in float."""
    graph = model.graph
    for dense in [node for node in graph.node if node.op_type == "Gemm"]:
        quantised = next((node for node in graph.node if node.op_type == "QuantizeLinear" and node.input[0] == dense.output[0]), None)
        if quantised is None:
            continue
        back = next(node for node in graph.node if node.op_type == "DequantizeLinear" and node.input[0] == quantised.output[0])
        for node in graph.node:
            for at, name in enumerate(node.input):
                if name == back.output[0]:
                    node.input[at] = dense.output[0]
        graph.node.remove(quantised)
        graph.node.remove(back)


def correct_biases(exact, model, photos):
    """Layer by layer: the bias takes up the difference of the channel means between the float and the quantised network."""
    layers = [(node.name, node.output[0]) for node in exact.graph.node if node.op_type in ("Conv", "Gemm")]

    def means(of, output):
        per_photo = [np.concatenate([v.reshape(v.shape[0], v.shape[1], -1).mean((0, 2))[None] for (v,) in run(of, [output], photos)])]
        return np.concatenate(per_photo).mean(0)

    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    makers = {node.output[0]: node for node in model.graph.node}
    for name, output in layers:
        node = next(each for each in model.graph.node if each.name == name)
        bias = makers[node.input[2]]
        tensor, scale = constants[bias.input[0]], onnx.numpy_helper.to_array(constants[bias.input[1]])
        made = node.output[0]
        missing = means(exact, output) - means(model, made)
        steps = onnx.numpy_helper.to_array(tensor).astype(np.int64) + np.round(missing / scale).astype(np.int64)
        tensor.CopyFrom(onnx.numpy_helper.from_array(steps.astype(np.int32), tensor.name))


photos = np.fromfile(PHOTOS, np.float32).reshape(-1, 3, SIDE, SIDE)
begun = time.perf_counter()
with tempfile.TemporaryDirectory() as folder:
    prepared = str(pathlib.Path(folder) / "prepared.onnx")
    quant_pre_process(FLOAT, prepared, skip_symbolic_shape=True)
    exact = onnx.load(prepared)
    if RECIPE == "minMax":
        quantise(prepared, OUT, photos, {})
    else:
        quantise(prepared, OUT, photos, ranges(exact, photos))
        model = onnx.load(OUT)
        without_dense_result(model)
        correct_biases(exact, model, photos)
        onnx.save(model, OUT)
seconds = time.perf_counter() - begun
versions = {"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__, "numpy": np.__version__}
print(json.dumps({"seconds": seconds, "versions": versions}))
