"""Photos in other encodings than sRGB of 8 bits, and what they look like in it.

Writes colour.json beside itself: for each case the bytes of a file (base64) and the upright sRGB pixels that are expected (base64, RGB, rows from the top).
Eight-bit cases are converted by littlecms (Pillow's ImageCms, perceptual intent, which for profiles of a matrix and curves is the relative colorimetric one);
sixteen-bit cases, which Pillow cannot hold, from the profile's formulas in floating point. Profiles are made here, so that none is carried along.

    pip install pillow==13.0.0 numpy && python test/ml/images/golden/colour.py
"""

import base64
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

SIDE = 16
# XYZ relative to D50 of the primaries, as the profiles of their makers hold them.
PRIMARIES = {
    "Display P3": [(0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)],
    "Adobe RGB (1998)": [(0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)],
    "sRGB": [(0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)],
}
D50 = (0.9642, 1.0, 0.8249)


def fixed(value):
    return struct.pack(">i", round(value * 65536))


def profile(name, space, tags, pcs=b"XYZ ", kind=b"mntr"):
    """An ICC profile of version 2.4 out of its tags (ICC.1:2001-04)."""
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name) + 1) + name.encode() + b"\0" + bytes(78),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": b"XYZ \0\0\0\0" + b"".join(map(fixed, D50)),
        **tags,
    }
    offset = 132 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        table += tag + struct.pack(">II", offset + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    size = offset + len(data)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, kind, space, pcs)
    header += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + b"".join(map(fixed, D50))
    return header + bytes(128 - len(header)) + table + data


def gamma_curve(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def table_curve(function):
    points = [round(65535 * function(i / 1023)) for i in range(1024)]
    return b"curv\0\0\0\0" + struct.pack(">I", 1024) + struct.pack(">1024H", *points)


def srgb_to_linear(v):
    v = np.asarray(v, dtype=float)
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(v):
    v = np.clip(v, 0, 1)
    return np.where(v <= 0.0031308, v * 12.92, 1.055 * v ** (1 / 2.4) - 0.055)


def rgb_profile(name, curve):
    colorants = {tag: b"XYZ \0\0\0\0" + b"".join(map(fixed, xyz)) for tag, xyz in zip((b"rXYZ", b"gXYZ", b"bXYZ"), PRIMARIES[name])}
    return profile(name, b"RGB ", {**colorants, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def cmyk_profile():
    """Four inks that darken each other a little unevenly, as a table of 5 x 5 x 5 x 5 points to Lab (lut8Type)."""
    ramp = bytes(range(256))
    grid = np.linspace(0, 1, 5)
    points = b""
    for c in grid:
        for m in grid:
            for y in grid:
                for k in grid:
                    light = 100 * (1 - 0.45 * c) * (1 - 0.5 * m) * (1 - 0.1 * y) * (1 - 0.9 * k)
                    a = (70 * m - 35 * c) * (1 - 0.8 * k)
                    b = (85 * y - 45 * c - 5 * m) * (1 - 0.8 * k)
                    points += bytes([round(light * 2.55), round(np.clip(a + 128, 0, 255)), round(np.clip(b + 128, 0, 255))])
    identity = b"".join(map(fixed, (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    lut = b"mft1\0\0\0\0" + bytes([4, 3, 5, 0]) + identity + ramp * 4 + points + ramp * 3
    return profile("Four inks", b"CMYK", {b"A2B0": lut}, pcs=b"Lab ", kind=b"prtr")


def grid_pixels(channels, top):
    """Saturated colours, greys and what lies between, the same in every run."""
    draws = np.random.default_rng(6).integers(0, top + 1, (SIDE, SIDE, channels))
    corners = np.array(np.meshgrid(*[[0, top // 2, top]] * channels)).reshape(channels, -1).T
    flat = draws.reshape(-1, channels)
    flat[: min(len(corners), 100)] = corners[:100]
    flat[128:192] = (np.arange(64) * (top // 63))[:, None]
    return draws


def saved(image, form, icc=None, **options):
    out = io.BytesIO()
    image.save(out, form, **({"icc_profile": icc} if icc else {}), **options)
    return out.getvalue()


def png16(pixels, icc):
    """A PNG of 16 bits a channel, which Pillow cannot write."""
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, 16, 2 if channels == 3 else 0, 0, 0, 0)
    tag = chunk(b"iCCP", b"made\0\0" + zlib.compress(icc)) if icc else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + tag + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def by_littlecms(file, icc):
    image = Image.open(io.BytesIO(file))
    made = ImageCms.profileToProfile(
        image, ImageCms.ImageCmsProfile(io.BytesIO(icc)), ImageCms.createProfile("sRGB"), ImageCms.Intent.PERCEPTUAL, outputMode="RGB"
    )
    return np.asarray(made)


def by_formula(pixels, name, to_linear):
    linear = to_linear(pixels / 65535)
    if name is not None:
        linear = linear @ np.array(PRIMARIES[name]) @ np.linalg.inv(np.array(PRIMARIES["sRGB"]))
    return np.round(255 * linear_to_srgb(np.broadcast_to(linear, (SIDE, SIDE, 3)))).astype(np.uint8)


def main():
    p3 = rgb_profile("Display P3", table_curve(srgb_to_linear))
    adobe = rgb_profile("Adobe RGB (1998)", gamma_curve(563 / 256))
    grey = profile("Gray Gamma 1.8", b"GRAY", {b"kTRC": gamma_curve(1.8)})
    inks = cmyk_profile()
    rgb = Image.fromarray(grid_pixels(3, 255).astype(np.uint8), "RGB")
    light = Image.fromarray(grid_pixels(1, 255)[:, :, 0].astype(np.uint8), "L")
    cmyk = Image.fromarray(grid_pixels(4, 255).astype(np.uint8), "CMYK")
    eight = {
        "Display P3, PNG": (saved(rgb, "PNG", p3), p3),
        "Display P3, JPEG": (saved(rgb, "JPEG", p3, quality=100, subsampling=0), p3),
        "Adobe RGB, PNG": (saved(rgb, "PNG", adobe), adobe),
        "CMYK, TIFF": (saved(cmyk, "TIFF", inks), inks),
        "CMYK, JPEG": (saved(cmyk, "JPEG", inks, quality=100), inks),
        "grey of gamma 1.8, PNG": (saved(light, "PNG", grey), grey),
    }
    cases = [(name, file, by_littlecms(file, icc)) for name, (file, icc) in eight.items()]
    deep = grid_pixels(3, 65535)
    deep_grey = grid_pixels(1, 65535)
    gamma = lambda power: lambda v: v**power
    cases += [
        ("16 bits, Display P3, PNG", png16(deep, p3), by_formula(deep, "Display P3", srgb_to_linear)),
        ("16 bits, Adobe RGB, PNG", png16(deep, adobe), by_formula(deep, "Adobe RGB (1998)", gamma(563 / 256))),
        ("16 bits without a profile, PNG", png16(deep, None), by_formula(deep, None, srgb_to_linear)),
        ("16 bits, grey without a profile, PNG", png16(deep_grey, None), by_formula(deep_grey, None, srgb_to_linear)),
        ("16 bits, grey of gamma 1.8, PNG", png16(deep_grey, grey), by_formula(deep_grey, None, gamma(1.8))),
    ]
    text = lambda data: base64.b64encode(data).decode()
    content = {"side": SIDE, "cases": [{"name": n, "file": text(f), "expected": text(e.tobytes())} for n, f, e in cases]}
    Path(__file__).with_suffix(".json").write_text(json.dumps(content) + "\n")


main()
