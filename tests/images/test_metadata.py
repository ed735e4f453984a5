"""What a photo's owner has beside its pixels goes into a version of it, as Pillow and tifffile read it."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, PngImagePlugin

from impasto.images import encode, read, read_metadata, read_recipe
from impasto.images.exif import parse

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 36, 3), dtype=np.uint8)
VERSION = torch.rand(3, 20, 30, generator=torch.Generator().manual_seed(0))
RECIPE = {"method": "vary patches"}
DATE, ARTIST, OWNER = "2024:05:06 07:08:09", "An Artist", "(c) Owner"
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6" dc:rights="(c) Owner">'
    b"<tiff:Orientation>6</tiff:Orientation><xmp:Thumbnails><rdf:li>AAAA</rdf:li></xmp:Thumbnails>"
    b"<dc:creator>An Artist</dc:creator></rdf:Description></x:xmpmeta>"
)
TARGETS = [("png", 8), ("png", 16), ("jpeg", 8), ("webp", 8), ("tiff", 8), ("tiff", 16)]
DETAILS, PLACE = 0x8769, 0x8825
THUMB = b"\xff\xd8\xff\xdbthumbnail\xff\xd9"


def _tags(*, resolution=False):
    exif = Image.Exif()
    if resolution:
        exif[282], exif[283], exif[296] = 300.0, 240.0, 2
    exif[0x0132], exif[0x013B], exif[0x8298], exif[0x0112] = DATE, ARTIST, OWNER, 6
    details = exif.get_ifd(DETAILS)
    details[0x9003], details[0x829A], details[0x9204], details[0xA001] = DATE, (1, 250), -0.5, 65535
    details[0xA430], details[0xA431], details[0x927C] = "Secret Name", "SERIAL1", b"maker's notes"
    place = exif.get_ifd(PLACE)
    place[0], place[1], place[2] = b"\2\3\0\0", "N", (48.0, 12.0, 30.0)
    return exif


def _with_thumbnail(block: bytes) -> bytes:
    """EXIF with a second directory that has a small JPEG (tags 513 and 514) behind the first."""
    (count,) = struct.unpack_from(">H", block, 14)
    link, start = 16 + 12 * count, len(block) - 6
    directory = struct.pack(">HHHII", 2, 513, 4, 1, start + 30) + struct.pack(">HHII", 514, 4, 1, len(THUMB))
    return block[:link] + struct.pack(">I", start) + block[link + 4 :] + directory + bytes(4) + THUMB


def _saved(format, **options):
    stream = io.BytesIO()
    Image.fromarray(PIXELS).save(stream, format, **options)
    return stream.getvalue()


def _jpeg():
    return _saved("JPEG", exif=_with_thumbnail(_tags().tobytes()), dpi=(300, 240), xmp=XMP, comment=b"a remark")


def _png_with_text():
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", ARTIST)
    text.add_itxt("Copyright", OWNER)
    text.add_text("Creation Time", DATE, zip=True)
    text.add_itxt("Note", "naïve 画")
    return _saved("PNG", pnginfo=text, dpi=(300, 240))


def _png_with_text_behind_its_pixels():
    png = _png_with_text()
    start, end = png.index(b"tEXt") - 4, png.index(b"IDAT") - 4
    return png[:start] + png[end:-12] + png[start:end] + png[-12:]


def _deep_tiff(order=">", **options):
    stream = io.BytesIO()
    tags = [(315, 2, 0, ARTIST, True), (33432, 2, 0, OWNER, True), (700, 1, len(XMP), XMP, True)]
    tifffile.imwrite(
        stream,
        PIXELS.astype(np.uint16) * 257,
        byteorder=order,
        photometric="rgb",
        description="from the roof",
        metadata=None,
        datetime=DATE,
        resolution=(300, 240),
        resolutionunit=2,
        extratags=tags,
        **options,
    )
    return stream.getvalue()


def _png_with_an_old_profile():
    lines = f"\nexif\n{len(_tags().tobytes())}\n" + _tags().tobytes().hex()
    text = PngImagePlugin.PngInfo()
    text.add_text("Raw profile type exif", lines, zip=True)
    return _saved("PNG", pnginfo=text, dpi=(300, 240))


PHOTOS = {
    "jpeg": _jpeg,
    "png text": _png_with_text,
    "png text behind": _png_with_text_behind_its_pixels,
    "png exif": lambda: _saved("PNG", exif=_tags(), dpi=(300, 240)),
    "png of ImageMagick": _png_with_an_old_profile,
    "tiff, 16 bits": _deep_tiff,
    "tiff, little-endian": lambda: _deep_tiff("<"),
    "bigtiff": lambda: _deep_tiff("<", bigtiff=True),
    "webp": lambda: _saved("WEBP", exif=_tags(resolution=True), xmp=XMP),
    "avif": lambda: _saved("AVIF", exif=_tags(resolution=True), xmp=XMP),
}


def _opened(data):
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def _directories(data):
    """How many EXIF, which is a TIFF itself, has in a row: the second is the thumbnail's."""
    block = _opened(data).info.get("exif", data).removeprefix(b"Exif\0\0")
    with tifffile.TiffFile(io.BytesIO(block)) as tiff:
        return len(tiff.pages)


def _resolution(picture):
    exif = picture.getexif()
    x, y = picture.info.get("dpi") or (exif.get(282), exif.get(283))
    return round(float(x)), round(float(y))


@pytest.mark.parametrize(("format", "bits"), TARGETS)
@pytest.mark.parametrize("kind", PHOTOS)
def test_date_author_copyright_and_resolution_stay(kind, format, bits):
    made = encode(VERSION, format, bits=bits, recipe=RECIPE, metadata=read_metadata(PHOTOS[kind]()))
    picture, text = _opened(made), getattr(_opened(made), "text", {})
    exif = picture.getexif()
    assert text.get("Author", exif.get(0x013B)) == ARTIST
    assert text.get("Copyright", exif.get(0x8298)) == OWNER
    if format == "png" or "text" not in kind:
        assert text.get("Creation Time", exif.get(0x0132)) == DATE
    assert _resolution(picture) == (300, 240)
    assert read_recipe(made) == RECIPE
    assert read(made).shape == VERSION.shape
    if format == "tiff":
        with tifffile.TiffFile(io.BytesIO(made)) as tiff:
            (page,) = tiff.pages
            assert page.tags["Orientation"].value == 1
            whole = (VERSION.numpy().transpose(1, 2, 0) * (2**bits - 1)).round()
            np.testing.assert_array_equal(page.asarray(), whole)


@pytest.mark.parametrize(("format", "bits"), TARGETS)
def test_what_would_be_wrong_of_a_version_is_set_right(format, bits):
    photo = _jpeg()
    assert _directories(photo) == 2
    assert THUMB in photo
    made = encode(VERSION, format, bits=bits, recipe=RECIPE, metadata=read_metadata(photo))
    exif = _opened(made).getexif()
    assert exif[0x0112] == 1
    details = exif.get_ifd(DETAILS)
    assert (details[0xA001], details[0xA002], details[0xA003]) == (1, 30, 20)
    assert details[0x9003] == DATE
    assert details[0x829A] == (1, 250)
    assert float(details[0x9204]) == -0.5
    assert exif.get_ifd(PLACE)[2] == (48.0, 12.0, 30.0)
    assert _directories(made) == 1
    assert THUMB not in made
    assert b"Thumbnails" not in made
    assert b"tiff:Orientation" not in made
    assert b"<dc:creator>An Artist</dc:creator>" in made
    assert b'dc:rights="(c) Owner"' in made
    if format == "png":
        Image.open(io.BytesIO(made)).verify()  # checks every chunk's checksum
        assert _opened(made).text["Comment"] == "a remark"
    if format == "jpeg":
        assert _opened(made).info["comment"] == b"a remark"


@pytest.mark.parametrize(("format", "bits"), TARGETS)
def test_private_leaves_out_place_person_and_device(format, bits):
    made = encode(VERSION, format, bits=bits, metadata=read_metadata(_jpeg(), private=True))
    exif = _opened(made).getexif()
    assert exif.get_ifd(PLACE) == {}
    for secret in (b"SERIAL1", b"Secret Name", b"maker's notes", b"xmpmeta", b"a remark"):
        assert secret not in made
    assert exif[0x013B] == ARTIST
    assert exif.get_ifd(DETAILS)[0x829A] == (1, 250)
    assert _resolution(_opened(made)) == (300, 240)


def test_private_keeps_only_the_usual_kinds_of_text():
    text = PngImagePlugin.PngInfo()
    for key in ("Author", "exif:GPSLatitude", "Location"):
        text.add_text(key, "words")
    assert dict(read_metadata(_saved("PNG", pnginfo=text), private=True).text) == {"Author": "words"}


def test_a_caption_of_the_press_stays_in_jpeg_and_tiff():
    caption = b"\x1c\x02\x78\x00\x05Hello"  # IPTC-IIM, record 2, data set 120
    resource = b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(caption)) + caption
    data = b"Photoshop 3.0\0" + resource
    photo = _saved("JPEG", extra=b"\xff\xed" + struct.pack(">H", len(data) + 2) + data)
    metadata = read_metadata(photo)
    made = encode(VERSION, "jpeg", metadata=metadata)
    assert _opened(made).info["photoshop"][0x0404] == caption
    tiff = encode(VERSION, "tiff", metadata=metadata)
    assert _opened(tiff).tag_v2[33723] == caption
    assert _opened(encode(VERSION, "jpeg", metadata=read_metadata(tiff))).info["photoshop"][0x0404] == caption
    assert caption not in encode(VERSION, "jpeg", metadata=read_metadata(photo, private=True))


@pytest.mark.parametrize("target", ["png", "jpeg", "webp", "tiff"])
@pytest.mark.parametrize("source", ["png", "jpeg", "webp", "tiff"])
def test_the_recipe_of_another_run_is_not_carried_over(source, target):
    for before in (None, read_metadata(_jpeg())):
        metadata = read_metadata(encode(VERSION, source, recipe={"seed": 1}, metadata=before))
        assert read_recipe(encode(VERSION, target, metadata=metadata)) is None
        made = encode(VERSION, target, recipe={"seed": 2}, metadata=metadata)
        assert read_recipe(made) == {"seed": 2}
        assert b'"seed":1' not in made


def test_the_owners_description_stays_beside_the_recipe_of_a_tiff():
    made = encode(VERSION, "tiff", recipe=RECIPE, metadata=read_metadata(_deep_tiff()))
    assert _opened(made).tag_v2[270] == "from the roof"
    assert read_recipe(made) == RECIPE


DAMAGED = {
    "junk": b"Exif\0\0junkjunk",
    "cut in its head": b"Exif\0\0MM\0*",
    "without a directory": b"Exif\0\0II*\0\xff\xff\0\0",
    "cut in a directory": _tags().tobytes()[:90],
    "a directory in itself": b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", DETAILS, 4, 1, 8) + bytes(4),
    "a value that is elsewhere": b"Exif\0\0II*\0\x08\0\0\0\x01\0"
    + struct.pack("<HHII", 315, 2, 99, 1 << 31)
    + bytes(4),
}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("kind", DAMAGED)
def test_damaged_exif_is_left_out_with_a_note_and_the_rest_is_read(kind, format):
    photo = _saved(format, exif=DAMAGED[kind])
    assert read(photo).shape == ((3, 36, 24) if kind == "cut in a directory" else (3, 24, 36))  # it says so before
    metadata = read_metadata(photo, name="photo")
    if kind != "a directory in itself":
        (note,) = metadata.notes
        assert note.startswith("photo: ")
        assert "damaged" in note
    for target, bits in TARGETS:
        made = encode(VERSION, target, bits=bits, recipe=RECIPE, metadata=metadata)
        assert read_recipe(made) == RECIPE
        assert dict(_opened(made).getexif().get_ifd(PLACE)) == {}


def test_damage_in_one_place_leaves_the_others():
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", ARTIST)
    text.add_itxt("XML:com.adobe.xmp", XMP[:-20].decode())
    metadata = read_metadata(_saved("PNG", pnginfo=text, exif=DAMAGED["junk"], dpi=(300, 240)), name="photo")
    assert metadata.notes == ("photo: a part of its EXIF and XMP is damaged, and is not kept",)
    assert (dict(metadata.text), metadata.xmp) == ({"Author": ARTIST}, b"")
    assert _resolution(_opened(encode(VERSION, "jpeg", metadata=metadata))) == (300, 240)


def test_no_xmp_takes_long_or_is_expanded():
    for xmp in (b"<tiff:Orientation>" * 3600, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<GCamera:a>" * 5000):
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        assert read_metadata(_saved("PNG", pnginfo=text)).xmp == b""


@pytest.mark.parametrize("words", ["ImageJ=1.54\nimages=9\nslices=9", '<?xml version="1.0"?><OME><Image/></OME>'])
def test_a_description_of_a_stack_is_not_carried_over(words):
    stream = io.BytesIO()
    tifffile.imwrite(stream, PIXELS, photometric="rgb", description=words, metadata=None)
    assert 270 not in _opened(encode(VERSION, "tiff", metadata=read_metadata(stream.getvalue()))).tag_v2


def test_no_damage_of_exif_stops_anything():
    block, random = _with_thumbnail(_tags().tobytes()), np.random.default_rng(1)
    for _ in range(100):
        hurt = bytearray(block[: random.integers(20, len(block))])
        for place in random.integers(6, len(hurt), 4):
            hurt[place] = random.integers(256)
        metadata = read_metadata(_saved("WEBP", exif=bytes(hurt)))
        data = encode(VERSION, "jpeg", recipe=RECIPE, metadata=metadata)
        assert read_recipe(data) == RECIPE
        assert _opened(data).size == (30, 20)
        assert _opened(data).getexif().get(0x0112) == 1


def test_what_is_too_long_is_left_out_with_a_note_and_the_date_stays():
    exif = _tags()
    exif.get_ifd(DETAILS)[0x927C] = b"m" * 60_000
    png = _saved("PNG", exif=exif)
    chunk = b"iTXt" + b"XML:com.adobe.xmp\0\0\0\0\0" + XMP.replace(b"An Artist", b"x" * 100_000)
    long = png[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[33:]
    metadata = read_metadata(long, name="photo")
    assert metadata.notes == ("photo: what it says beside its pixels is too long to be kept whole",)
    made = encode(VERSION, "jpeg", recipe=RECIPE, metadata=metadata)
    assert _opened(made).getexif()[0x0132] == DATE
    assert read_recipe(made) == RECIPE


def test_notes_of_the_maker_with_a_picture_of_how_it_was_are_left_out():
    exif = _tags()
    exif.get_ifd(DETAILS)[0x927C] = b"notes" + THUMB
    assert THUMB not in encode(VERSION, "jpeg", metadata=read_metadata(_saved("JPEG", exif=exif)))


def test_long_text_of_a_png_leaves_room_for_the_recipe_of_a_jpeg():
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", ARTIST)
    text.add_text("Description", "word " * 50_000)
    metadata = read_metadata(_saved("PNG", pnginfo=text))
    made = encode(VERSION, "jpeg", recipe=RECIPE, metadata=metadata)
    assert _opened(made).getexif()[0x013B] == ARTIST
    assert read_recipe(made) == RECIPE
    assert len(_opened(encode(VERSION, metadata=metadata)).text["Description"]) == 250_000


def test_a_picture_of_pillow_keeps_its_own_and_an_array_has_none():
    made = _opened(encode(VERSION, "jpeg", metadata=read_metadata(_opened(_jpeg()))))
    assert made.getexif()[0x013B] == ARTIST
    assert read_metadata(PIXELS) == read_metadata(torch.zeros(3, 4, 4))
    assert not read_metadata(PIXELS).notes


def test_a_plain_picture_gives_the_bytes_of_one_without_metadata_in_png():
    assert encode(VERSION, recipe=RECIPE, metadata=read_metadata(_saved("PNG"))) == encode(VERSION, recipe=RECIPE)


def test_fields_that_share_their_bytes_are_not_multiplied():
    value = b"x" * 4000
    count = 500
    entries = b"".join(struct.pack(">HHII", 40091, 1, len(value), 8 + 2 + 12 * count + 4) for _ in range(count))
    tags = [struct.pack(">H", 33432 + n) + entries[2:12] for n in range(count)]
    block = b"MM\0*" + struct.pack(">IH", 8, count) + b"".join(tags) + bytes(4) + value
    fields = parse(block).main
    assert 0 < sum(len(it) for _, it in fields.values()) <= len(block)


def test_what_fits_beside_a_long_recipe_is_kept():
    exif = _tags()
    exif[0x010E] = "d" * 44_000
    kept = read_metadata(_saved("JPEG", exif=exif.tobytes()))
    written = Image.open(io.BytesIO(encode(VERSION, "jpeg", recipe={"long": "r" * 30_000}, metadata=kept)))
    found = written.getexif()
    assert (found[0x0132], found[0x013B], found[0x8298]) == (DATE, ARTIST, OWNER)
    assert 0x010E not in found


def test_the_comment_of_a_gif_is_kept_where_there_is_a_place_for_it():
    metadata = read_metadata(_saved("GIF", comment=b"by hand, 2003"))
    assert metadata.text == {"Comment": "by hand, 2003"}
    made = encode(torch.rand(3, 8, 8), "PNG", metadata=metadata)
    assert _opened(made).text["Comment"] == "by hand, 2003"
