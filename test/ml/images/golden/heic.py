"""Makes the small HEIC files beside it, for test/ml/images/legible.test.ts. `grid.heic` is tiled, as those of phones are; `turned.heic` has `irot` and EXIF.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install pillow-heif==1.8.1
    /tmp/venv/bin/python test/ml/images/golden/heic.py
"""

import ctypes
from pathlib import Path

import pillow_heif
from PIL import Image

HERE = Path(__file__).parent
WIDTH, HEIGHT, TILE = 320, 256, 64
COLOURS = ((220, 40, 40), (40, 200, 60), (40, 60, 220), (230, 220, 60))
"""Of the quarters: top left, top right, bottom left, bottom right."""


def picture():
    image = Image.new("RGB", (WIDTH, HEIGHT))
    for index, colour in enumerate(COLOURS):
        left, top = (index % 2) * WIDTH // 2, (index // 2) * HEIGHT // 2
        image.paste(colour, (left, top, left + WIDTH // 2, top + HEIGHT // 2))
    return image


def exif(orientation):
    block = Image.Exif()
    block[0x0112], block[0x010F], block[0x0110] = orientation, "Apple", "iPhone"
    return block.tobytes()


def save(name, image, **options):
    pillow_heif.from_pillow(image).save(HERE / name, quality=70, **options)


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("subcode", ctypes.c_int), ("message", ctypes.c_char_p)]


def grid(name, image):
    """By libheif itself, whose Python wrapper writes no grids."""
    [path] = (Path(pillow_heif.__file__).parent.parent / "pillow_heif.libs").glob("libheif*.so*")
    library = ctypes.CDLL(str(path))
    pointer = ctypes.c_void_p

    def call(function, *arguments):
        function.restype = Error
        error = function(*arguments)
        if error.code != 0:
            raise RuntimeError(error.message)

    library.heif_context_alloc.restype = pointer
    context = pointer(library.heif_context_alloc())
    encoder = pointer()
    call(library.heif_context_get_encoder_for_format, context, 1, ctypes.byref(encoder))
    call(library.heif_encoder_set_lossy_quality, encoder, 70)
    columns, rows = WIDTH // TILE, HEIGHT // TILE
    tiles = (pointer * (rows * columns))()
    for index in range(rows * columns):
        tile, (left, top) = pointer(), ((index % columns) * TILE, (index // columns) * TILE)
        data = image.crop((left, top, left + TILE, top + TILE)).tobytes()
        call(library.heif_image_create, TILE, TILE, 1, 10, ctypes.byref(tile))
        call(library.heif_image_add_plane, tile, 10, TILE, TILE, 8)
        stride = ctypes.c_int()
        library.heif_image_get_plane.restype = pointer
        plane = library.heif_image_get_plane(tile, 10, ctypes.byref(stride))
        for row in range(TILE):
            ctypes.memmove(plane + row * stride.value, data[row * TILE * 3 : (row + 1) * TILE * 3], TILE * 3)
        tiles[index] = tile
    library.heif_encoding_options_alloc.restype = pointer
    options = library.heif_encoding_options_alloc()
    handle = pointer()
    call(
        library.heif_context_encode_grid,
        context, tiles, ctypes.c_uint16(columns), ctypes.c_uint16(rows), encoder, pointer(options), ctypes.byref(handle),
    )
    call(library.heif_context_set_primary_image, context, handle)
    call(library.heif_context_write_to_file, context, str(HERE / name).encode())


def main():
    plain = picture()
    save("plain.heic", plain)
    grid("grid.heic", plain)
    save("turned.heic", plain, exif=exif(6))
    alpha = plain.copy()
    alpha.putalpha(Image.linear_gradient("L").resize((WIDTH, HEIGHT)))
    save("alpha.heic", alpha)
    wide = pillow_heif.from_bytes("RGB;16", (WIDTH, HEIGHT), bytes(value for value in plain.tobytes() for _ in range(2)))
    wide.save(HERE / "ten-bits.heic", quality=70)


if __name__ == "__main__":
    main()
