"""One training step of the same method in Keras 3 / TensorFlow, as a graph, as `keras_step.py STEPS WARMUP PAIRS`.

MobileNetV3-Large, 2 x PAIRS photos of 224 x 224, 512-d head, cosine with a learned direction, hinge loss, clipping, AdamW; batch norm in training
mode. Prints one JSON document: milliseconds of each timed step, seconds from the model's making to the end of its first step, megabytes
after import and at most.
"""

import json
import resource
import sys
import time

import keras
import tensorflow as tf


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


imported_mb = peak_mb()
steps, warmup, pairs = (int(argument) for argument in sys.argv[1:4])
keras.utils.set_random_seed(0)
photos = tf.random.normal([2 * pairs, 224, 224, 3])
begun = time.perf_counter()
backbone = keras.applications.MobileNetV3Large(
    input_shape=(224, 224, 3), include_top=False, weights=None, pooling="avg", include_preprocessing=False
)
head = keras.layers.Dense(512)
direction = keras.layers.Dense(1, use_bias=False)
head.build(backbone.output_shape)
direction.build([None, 512])


def loss():
    embedding = tf.math.l2_normalize(head(backbone(photos, training=True)), axis=1)
    score = embedding @ tf.math.l2_normalize(direction.kernel)
    return tf.reduce_mean(tf.nn.relu(0.2 - (score[:pairs] - score[pairs:])))


variables = backbone.trainable_variables + head.trainable_variables + direction.trainable_variables
optimizer = keras.optimizers.AdamW(3e-4, weight_decay=1e-4)
optimizer.build(variables)


@tf.function
def step():
    with tf.GradientTape() as tape:
        value = loss()
    gradients, _ = tf.clip_by_global_norm(tape.gradient(value, variables), 5.0)
    optimizer.apply_gradients(zip(gradients, variables))
    return value


first_step = None
times = []
for _ in range(warmup + steps):
    started = time.perf_counter()
    step().numpy()
    ended = time.perf_counter()
    first_step = first_step or ended - begun
    times.append((ended - started) * 1e3)
print(
    json.dumps(
        {
            "milliseconds": times[warmup:],
            "firstStepSeconds": first_step,
            "importedMb": imported_mb,
            "peakMemoryMb": peak_mb(),
            "versions": {"keras": keras.__version__, "tensorflow": tf.__version__},
        }
    )
)
