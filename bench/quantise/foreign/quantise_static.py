"""What a person does who quantises a network of others with Python's onnxruntime: prepare it, then quantize_static in its fastest scheme.

Usage: python quantise_static.py FLOAT.onnx CALIBRATE.f32 SIDE OUT.onnx; the last line of stdout is JSON: seconds and versions.
"""

import json
import pathlib
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

FLOAT, PHOTOS, SIDE, OUT = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
BATCH = 8


class Photos(CalibrationDataReader):
    def __init__(self, name, photos):
        self.batches = iter([{name: photos[at : at + BATCH]} for at in range(0, len(photos), BATCH)])

    def get_next(self):
        return next(self.batches, None)


photos = np.fromfile(PHOTOS, np.float32).reshape(-1, 3, SIDE, SIDE)
begun = time.perf_counter()
with tempfile.TemporaryDirectory() as folder:
    prepared = str(pathlib.Path(folder) / "prepared.onnx")
    quant_pre_process(FLOAT, prepared, skip_symbolic_shape=True)
    quantize_static(
        prepared,
        OUT,
        Photos(onnx.load(prepared).graph.input[0].name, photos),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
seconds = time.perf_counter() - begun
versions = {"onnxruntime": onnxruntime.__version__, "onnx": onnx.__version__}
print(json.dumps({"seconds": seconds, "versions": versions}))
