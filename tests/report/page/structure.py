"""Screenshots compared in structure: which parts a page has, where they stand, and what is drawn.

Not pixel by pixel: another release of the browser or another font moves letters. Held against the
golden file are the parts in their order, their place across the page, the colours they stand on, and of
each drawing its shape, a coarse picture and how much there is of each hue.
"""
import json
import os

from problems import expect

COLUMNS, ROWS = 16, 6
HUES = ("red", "orange", "yellow", "green", "cyan", "blue", "violet", "pink")

PARTS = """[...document.querySelectorAll('.card, section.panel, svg.chart')].map((e) => {
    const panel = e.closest('section.panel');
    const name = e.matches('.card') ? 'card ' + e.querySelector('h2').textContent : e === panel ? 'panel ' + e.id
        : 'chart ' + (panel ? panel.id : '') + ' ' + [...panel.querySelectorAll('svg.chart')].indexOf(e);
    const box = e.getBoundingClientRect();
    return {name, left: box.left + scrollX, top: box.top + scrollY, width: box.width, height: box.height}; })"""

# The pixels of the parts: their ground, and of a drawing a coarse picture and the shares of hues.
LOOK = """(async (png, parts, columns, rows) => {
    const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], {type: 'image/png'}));
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const pen = canvas.getContext('2d', {willReadFrequently: true});
    pen.drawImage(picture, 0, 0);
    return parts.map((part) => {
      const [x, y, w, h] = [part.left, part.top, part.width, part.height].map(Math.round);
      const pixels = pen.getImageData(x, y, w, h).data;
      const at = (px, py) => [...pixels.subarray(4 * (py * w + px), 4 * (py * w + px) + 3)];
      const out = {spill: 0};
      if (!part.name.startsWith('chart')) {
        out.ground = at(Math.min(w - 1, 6), Math.min(h - 1, 30));  // in the padding
        // Nothing may run out over the padding on the right.
        for (let py = 12; py < h - 12; ++py) if (at(w - 5, py).some((v, i) => Math.abs(v - out.ground[i]) > 24)) ++out.spill;
        return out;
      }
      const sums = Array.from({length: rows * columns}, () => [0, 0, 0, 0]);
      const hues = new Array(8).fill(0);
      for (let py = 0; py < h; ++py) for (let px = 0; px < w; ++px) {
        const [r, g, b] = pixels.subarray(4 * (py * w + px), 4 * (py * w + px) + 3);
        const sum = sums[Math.floor(py * rows / h) * columns + Math.floor(px * columns / w)];
        sum[0] += r; sum[1] += g; sum[2] += b; ++sum[3];
        const most = Math.max(r, g, b), span = most - Math.min(r, g, b);
        if (span < 60) continue;
        const hue = most === r ? 60 * (g - b) / span : most === g ? 120 + 60 * (b - r) / span : 240 + 60 * (r - g) / span;
        ++hues[[15, 45, 75, 165, 195, 245, 290, 345, 361].findIndex((end) => (hue + 360) % 360 < end) % 8];
      }
      out.picture = sums.map(([r, g, b, n]) => [r, g, b].map((v) => Math.round(v / Math.max(1, n))));
      out.hues = hues.map((n) => Math.round(1e5 * n / (w * h)) / 100);
      return out;
    }); })"""


def digits(color):
    return "".join(f"{round(value / 17):x}" for value in color)


def color(text):
    return [17 * int(digit, 16) for digit in text]


def outline(browser):
    """The parts of the page as it is shown now."""
    parts = browser.run(PARTS)
    width = browser.run("document.documentElement.clientWidth")
    looks = browser.run(f"{LOOK}({json.dumps(browser.picture())}, {json.dumps(parts)}, {COLUMNS}, {ROWS})")
    lines = []
    for part, look in zip(parts, looks):
        expect(look["spill"] == 0, f"{part['name']} at {width}: something runs out of it on the right")
        line = {"part": part["name"], "left": round(100 * part["left"] / width),
                "width": round(100 * part["width"] / width)}
        if "picture" not in look:
            line["ground"] = digits(look["ground"])
        else:
            cells = [digits(cell) for cell in look["picture"]]
            line["shape"] = round(part["height"] / part["width"], 2)
            line["picture"] = [" ".join(cells[i:i + COLUMNS]) for i in range(0, len(cells), COLUMNS)]
            line["permille"] = {name: share for name, share in zip(HUES, look["hues"]) if share > 0}
        lines.append(line)
    return lines


def far(one, other):
    return max(abs(a - b) for a, b in zip(one, other))


def compare_part(look, now, then):
    name = f"{look}, {then['part']}"
    for place in ("left", "width"):
        expect(abs(now[place] - then[place]) <= 2, f"{name}: {place} is {now[place]} % of the page, was {then[place]} %")
    if "picture" not in then:
        expect(far(color(now["ground"]), color(then["ground"])) <= 17, f"{name}: stands on #{now['ground']}, stood on #{then['ground']}")
        return
    expect(abs(now["shape"] - then["shape"]) <= 0.04, f"{name}: height by width is {now['shape']}, was {then['shape']}")
    cells = [(a, b) for row, old in zip(now["picture"], then["picture"]) for a, b in zip(row.split(), old.split())]
    differing = sum(far(color(a), color(b)) > 51 for a, b in cells)
    expect(differing <= len(cells) // 12, f"{name}: {differing} of {len(cells)} fields of the picture differ:\n" +
           "\n".join(now["picture"]) + "\nwas\n" + "\n".join(then["picture"]))
    for hue in HUES:
        a, b = now["permille"].get(hue, 0), then["permille"].get(hue, 0)
        expect(abs(a - b) <= max(0.4, 0.35 * max(a, b)), f"{name}: {a} permille are {hue}, were {b}")


def check(looks, golden):
    """`looks`: by name, the outline of each. LAYERWATT_UPDATE_GOLDEN=1 rewrites the file, to be read."""
    if os.environ.get("LAYERWATT_UPDATE_GOLDEN"):
        with open(golden, "w", encoding="utf-8") as file:
            blocks = [f"{json.dumps(look)}: [\n" + ",\n".join(json.dumps(part, ensure_ascii=False).replace('", "', '",\n  "')
                      if "picture" in part else json.dumps(part, ensure_ascii=False) for part in parts) + "\n]"
                      for look, parts in looks.items()]
            file.write("{\n" + ",\n".join(blocks) + "\n}\n")
    with open(golden, encoding="utf-8") as file:
        wanted = json.load(file)
    for look, then in wanted.items():
        now = looks[look]
        names, before = [part["part"] for part in now], [part["part"] for part in then]
        expect(names == before, f"{look}: the parts are {names}, were {before}")
        if names == before:
            for one, other in zip(now, then):
                compare_part(look, one, other)
