"""Makes checked.json: which exports of the seeded networks onnx.checker and Python onnxruntime passed, by sha256.

1. node dist/test/ml/onnx/write-seeded.js FOLDER     writes <backbone>-<opset>.onnx
2. python check_with_onnx.py FOLDER > checked.json   (onnx, onnxruntime, numpy)
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

checked = []
for line in (pathlib.Path(sys.argv[1]) / "order.txt").read_text().split():
    backbone, opset = line.split(":")
    path = pathlib.Path(sys.argv[1]) / f"{backbone}-{opset}.onnx"
    data = path.read_bytes()
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    named = {value.name for value in inferred.graph.value_info} | {value.name for value in inferred.graph.output}
    without_shape = [node.name for node in inferred.graph.node if not set(node.output) <= named]
    assert not without_shape, f"no shape inferred for {without_shape}"
    assert model.opset_import[0].version == int(opset)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    embedding, score = session.run(["embedding", "score"], {"photos": np.ones((3, 3, 224, 224), np.float32)})
    assert embedding.shape == (3, 512) and score.shape == (3,)
    assert np.allclose(np.linalg.norm(embedding, axis=1), 1, atol=1e-5) and (np.abs(score) <= 1 + 1e-5).all()
    checked.append({"backbone": backbone, "opset": int(opset), "sha256": hashlib.sha256(data).hexdigest()})
print(json.dumps({"made_with": f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}", "checked": checked}, indent=2))
