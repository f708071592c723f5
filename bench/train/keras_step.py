"""One training step of the same method in Keras 3 / TensorFlow: MobileNetV3-Large, 32 x 224 x 224, hinge loss, clipping, AdamW, as a graph.

Prints one JSON document: milliseconds of each timed step and the peak memory in MB.
"""

import json
import os
import resource
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf

steps, warmup, pairs = (int(argument) for argument in sys.argv[1:4])
tf.keras.utils.set_random_seed(0)
backbone = tf.keras.applications.MobileNetV3Large(
    input_shape=(224, 224, 3), include_top=False, weights=None, pooling="avg", include_preprocessing=False
)
head = tf.keras.layers.Dense(512)
direction = tf.keras.layers.Dense(1, use_bias=False)
photos = tf.random.normal([2 * pairs, 224, 224, 3])


def loss():
    embedding = tf.math.l2_normalize(head(backbone(photos, training=True)), axis=1)
    score = direction(embedding)
    return tf.reduce_mean(tf.nn.relu(0.2 - (score[:pairs] - score[pairs:])))


loss()
variables = backbone.trainable_variables + head.trainable_variables + direction.trainable_variables
optimizer = tf.keras.optimizers.AdamW(3e-4, weight_decay=1e-4)
optimizer.build(variables)


@tf.function
def step():
    with tf.GradientTape() as tape:
        value = loss()
    gradients, _ = tf.clip_by_global_norm(tape.gradient(value, variables), 5.0)
    optimizer.apply_gradients(zip(gradients, variables))
    return value


times = []
for _ in range(warmup + steps):
    begun = time.perf_counter()
    step().numpy()
    times.append((time.perf_counter() - begun) * 1e3)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"milliseconds": times[warmup:], "peakMemoryMb": peak}))
