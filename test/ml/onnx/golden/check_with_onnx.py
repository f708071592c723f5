"""Makes checked.json: which exports of the seeded networks onnx.checker and Python onnxruntime passed, by sha256.

1. node dist/test/ml/onnx/write-seeded.js FOLDER     writes <backbone>-<opset>-<form>.onnx
2. python check_with_onnx.py FOLDER > checked.json   (onnx, numpy, onnxruntime: both 1.17.3 and the newest, one after the other)
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

# onnxruntime knows operator sets from its release on
OLD = tuple(map(int, onnxruntime.__version__.split(".")[:2])) < (1, 19)

checked, skipped = [], []
for line in (pathlib.Path(sys.argv[1]) / "order.txt").read_text().split():
    backbone, opset, form = line.split(":")
    data = (pathlib.Path(sys.argv[1]) / f"{backbone}-{opset}-{form}.onnx").read_bytes()
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    named = {value.name for value in inferred.graph.value_info} | {value.name for value in inferred.graph.output}
    without_shape = [node.name for node in inferred.graph.node if not set(node.output) <= named]
    assert not without_shape, f"no shape inferred for {without_shape}"
    assert model.opset_import[0].version == int(opset)
    if OLD and int(opset) > 20:
        skipped.append(line)
        continue
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    photos = {"pixels": np.full((300, 421, 3), 99, np.uint8)} if form == "pixels" else {"photos": np.ones((3, 3, 224, 224), np.float32)}
    embedding, score = session.run(["embedding", "score"], photos)
    count = 1 if form == "pixels" else 3
    assert embedding.shape == (count, 512) and score.shape == (count,)
    assert np.allclose(np.linalg.norm(embedding, axis=1), 1, atol=1e-5) and (np.abs(score) <= 1 + 1e-5).all()
    checked.append({"backbone": backbone, "opset": int(opset), "form": form, "sha256": hashlib.sha256(data).hexdigest()})
print(f"onnxruntime {onnxruntime.__version__}: {len(checked)} passed, skipped {skipped}", file=sys.stderr)
print(json.dumps({"made_with": f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}", "checked": checked}, indent=2))
