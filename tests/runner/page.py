#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: page.py CHROMIUM FOLDER

Looks at FOLDER/matrix.html in a browser: what the script makes of it, that it fits a desktop and a
phone, that it can be read in light and dark, and that nothing is fetched from anywhere.
"""
import html.parser
import pathlib
import re
import struct
import subprocess
import sys
import zlib

chromium, folder = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
page = folder / "matrix.html"

DARK = "--blink-settings=preferredColorScheme=0"

# Measures what only a browser knows, and leaves it in the document.
MEASURE = """<script>
addEventListener("load", () => {
	const root = document.documentElement, rows = [...document.querySelectorAll("tr[data-words]")];
	root.dataset.wide = root.scrollWidth > innerWidth;
	const shown = () => rows.filter(r => r.getClientRects().length).map(r => r.dataset.name).join(";");
	const choose = hash => { location.hash = hash; dispatchEvent(new HashChangeEvent("hashchange")); return shown(); };
	root.dataset.shown = shown();
	root.dataset.word = choose("words=failed");
	root.dataset.object = choose("object=kcmp");
	root.dataset.differ = choose("differ=1&object=kcmp");
	root.dataset.text = choose("text=b%20h");
	choose("");
	root.dataset.requests = performance.getEntriesByType("resource").length;
	const cell = document.querySelector("td.failed"), style = cell && getComputedStyle(cell);
	root.dataset.failed = style ? style.backgroundColor : "none";
	root.dataset.short = cell ? getComputedStyle(cell.querySelector(".t")).display : "none";
	if (cell) cell.click();
	root.dataset.detail = document.getElementById("detail").textContent;
});
</script></body>"""
measured = folder / "measured.html"
measured.write_text(page.read_text().replace("</body>", MEASURE))


def chrome(*args):
    return subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                           "--disable-dev-shm-usage", f"--user-data-dir={folder}/profile", *args],
                          check=True, capture_output=True, text=True, timeout=120).stdout


def look(size, *args):
    """The data the script left on the root element."""
    dom = chrome(f"--window-size={size}", *args, "--dump-dom", measured.as_uri())
    data = {}

    class Root(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag == "html":
                data.update((k[5:], v) for k, v in attrs if k.startswith("data-"))

    Root().feed(dom)
    return data


def colours(size, *args):
    """How many pixels a screenshot has of each colour."""
    shot = folder / f"shot-{size.replace(',', 'x')}{'-dark' if args else ''}.png"
    chrome(f"--window-size={size}", *args, f"--screenshot={shot}", page.as_uri())
    data = shot.read_bytes()
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert (width, height) == tuple(map(int, size.split(","))), (width, height)
    assert depth == 8 and kind in (2, 6)
    step = 3 if kind == 2 else 4
    packed, at = b"", 8
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + length] if name == b"IDAT" else b""
        at += 12 + length
    raw, count, above = zlib.decompress(packed), {}, bytearray(width * step)
    for y in range(height):
        row = bytearray(raw[y * (width * step + 1) + 1:(y + 1) * (width * step + 1)])
        filter_ = raw[y * (width * step + 1)]
        for i in range(len(row)):
            left = row[i - step] if i >= step else 0
            corner = above[i - step] if i >= step else 0
            if filter_ == 1:
                row[i] = row[i] + left & 255
            elif filter_ == 2:
                row[i] = row[i] + above[i] & 255
            elif filter_ == 3:
                row[i] = row[i] + (left + above[i]) // 2 & 255
            elif filter_ == 4:
                guess = left + above[i] - corner
                near = min((left, above[i], corner), key=lambda v: abs(guess - v))
                row[i] = row[i] + near & 255
        for x in range(0, len(row), step):
            key = tuple(row[x:x + 3])
            count[key] = count.get(key, 0) + 1
        above = row
    return count


def same(a, b, what):
    assert a == b, f"{what}: {a!r}, and not {b!r}"


all_rows = re.findall(r'data-name="([^"]*)"', page.read_text())
desktop = look("1400,900")
same(desktop["wide"], "false", "wider than a desktop's window")
same(desktop["requests"], "0", "things fetched")
same(len(desktop["shown"].split(";")), len(all_rows), "rows shown")
same(desktop["failed"], "rgb(255, 212, 209)", "a failed cell in light")
same(desktop["short"], "inline", "words on a desktop")
assert "lost its <b>way</b>" in desktop["detail"], desktop["detail"]

phone = look("390,844", DARK)
same(phone["wide"], "false", "wider than a phone's window")
same(phone["failed"], "rgb(97, 27, 23)", "a failed cell in dark")
same(phone["short"], "none", "words on a phone, where there is room for signs")

same(desktop["word"], "static/a h", "rows with a failure")
same(desktop["object"], "kcmp.late;kcmp.same;kcmp.there", "rows of an object")
same(desktop["differ"], "kcmp.late", "rows in which kernels differ")
same(desktop["text"], "static/b h", "rows by name")

light, night = colours("1400,900"), colours("390,844", DARK)
same(max(light, key=light.get), (255, 255, 255), "the background in light")
assert sum(max(night, key=night.get)) < 3 * 64, "no dark background in dark"
assert light.get((255, 212, 209), 0) > 100, "no failed cell to be seen"
assert night.get((97, 27, 23), 0) > 50, "no failed cell to be seen in dark"
assert min(len(light), len(night)) > 50, "no text to be seen"
print("looks well")
