"""Writes animated.avif: two frames of 256 x 256, which sharp cannot write. Run by hand with Pillow 13: python animated_avif.py."""

from pathlib import Path

from PIL import Image

frames = [Image.radial_gradient("L").convert("RGB"), Image.linear_gradient("L").convert("RGB")]
frames[0].save(Path(__file__).with_name("animated.avif"), save_all=True, append_images=frames[1:], duration=100, quality=60)
