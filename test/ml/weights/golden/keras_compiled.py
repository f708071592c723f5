"""Weights of a small Keras model that was compiled and trained a step: the optimiser's state lies beside them, its learning rate as a scalar.

    pip install keras h5py torch
    KERAS_BACKEND=torch python keras_compiled.py        # writes the files beside this script
"""

from pathlib import Path

import keras
import numpy as np

HERE = Path(__file__).parent
keras.utils.set_random_seed(7)
model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, name="conv"), keras.layers.BatchNormalization(name="conv_bn")])
model.compile("adam", "mse")
model.fit(np.zeros((2, 8, 8, 3), np.float32), np.zeros((2, 6, 6, 4), np.float32), verbose=0)
model.save_weights(HERE / "compiled.weights.h5")
model.save(HERE / "compiled.h5")
