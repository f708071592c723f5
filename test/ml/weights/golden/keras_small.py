"""Names of Keras' MobileNetV3-Small, by layer and by number, in the order in which Keras builds it.

    pip install keras==3.15.1 jax h5py
    KERAS_BACKEND=jax python keras_small.py > keras_small.json
"""

import json
import tempfile
from pathlib import Path

import h5py
import keras

model = keras.applications.MobileNetV3Small(weights=None, include_top=True)
variables = [f"{layer.name}/{variable.name}" for layer in model.layers for variable in layer.weights]

numbered = {}
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "small.weights.h5"
    model.save_weights(path)
    with h5py.File(path) as file:
        for layer in model.layers:
            if not layer.weights:
                continue
            for key, group in file["layers"].items():
                if group["vars"].attrs.get("name") == layer.name:
                    numbered[layer.name] = f"layers/{key}"

print(json.dumps({"variables": variables, "numbered": numbered}, separators=(",", ":")))
