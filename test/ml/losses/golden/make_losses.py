"""Golden figures for ml/losses, from JAX's automatic differentiation in float64.

    pip install jax
    python make_losses.py > losses.json
"""

import json

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)

LEADS = [-2.0, -1.31, -0.4, -0.05, 0.0, 0.07, 0.19, 0.21, 0.6, 2.0]


def hinge(margin):
    return lambda lead: jax.nn.relu(margin - lead)


def logistic(temperature):
    return lambda lead: jax.nn.softplus(-lead / temperature)


def case(kind, settings, loss):
    values = jax.vmap(loss)(jnp.array(LEADS))
    slopes = jax.vmap(jax.grad(loss))(jnp.array(LEADS))
    return {"kind": kind, "settings": settings, "leads": LEADS, "values": values.tolist(), "slopes": slopes.tolist()}


print(
    json.dumps(
        [
            case("hinge", {"margin": 0.2}, hinge(0.2)),
            case("hinge", {"margin": 1.5}, hinge(1.5)),
            case("logistic", {"temperature": 0.1}, logistic(0.1)),
            case("logistic", {"temperature": 1}, logistic(1.0)),
            case("logistic", {"temperature": 0.002}, logistic(0.002)),
        ]
    )
)
