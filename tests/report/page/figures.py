"""The figures that a page shows, held against the JSON report of the same run.

A page keeps the whole number beside each figure (<data value=…>). Each of them has to be the one that
the JSON has in that place, and the text has to be that number, rounded.
"""
import math

from problems import expect

# Of every row of a table: its id, its first cell, and for each column the numbers in its cell.
ROWS = """((table) => {
    const heads = [...table.querySelectorAll('thead th')].map((h) => (h.querySelector('[data-sort]') || {dataset: {}}).dataset.sort || null);
    return [...table.querySelectorAll('tbody tr')].map((row) => ({id: row.id, kind: row.className, cells:
        [...row.children].map((c, i) => ({key: heads[i], text: c.textContent,
            data: [...c.querySelectorAll('data')].map((d) => [Number(d.value), d.textContent])}))})); })"""
CARDS = """[...document.querySelectorAll('.card')].map((c) => ({title: c.querySelector('h2').textContent,
    big: c.querySelector('.big').textContent, data: [...c.querySelectorAll('data')].map((d) => [Number(d.value), d.textContent])}))"""


def mean(figure):
    return figure["mean"] if figure else None


def half_width(figure):
    if not figure or not figure.get("ci95"):
        return None
    low, high = figure["ci95"]
    return max(high - figure["mean"], figure["mean"] - low)


def expect_rounded(value, text, where):
    """`text` is `value` in some unit of thousands, rounded to the digits that it has."""
    if text[0] in "<>" or value == 0:
        return
    number = float(text.replace("+", ""))
    if number == 0:
        expect(abs(value) < 0.5, f"{where}: {text} is shown for {value}")
        return
    ratio = number / value
    power = 1000.0 ** round(math.log10(abs(ratio)) / 3)
    decimals = len(text.partition(".")[2])
    expect(ratio > 0 and power in (1.0, 1000.0, 0.001) and
           abs(number - value * power) <= 0.501 * 10.0 ** -decimals, f"{where}: {text} is shown for {value}")


def expect_figure(cell, wanted, where, scale=1.0):
    """A cell's one number; none where the JSON has none. `scale`: 100 for what is shown in per cent."""
    if wanted is None:
        expect(not cell["data"], f"{where}: {cell['data']} is shown for what is not known")
        return
    if not cell["data"]:
        expect(False, f"{where}: {wanted} is not shown")
        return
    value, text = cell["data"][0]
    expect(value == wanted or math.isclose(value, wanted, rel_tol=1e-12),
           f"{where}: the page has {value}, the JSON {wanted}")
    expect_rounded(value * scale, text, where)


def expect_share(cell, wanted, where):
    if wanted is None:
        return
    text = cell["text"].lstrip("<>-")
    expect(abs(float(text) - 100 * wanted) <= 0.0501 or cell["text"][0] in "<>",
           f"{where}: {cell['text']} % is shown for {100 * wanted} %")


def check_layer_rows(browser, result):
    rows = {row["id"]: row for row in browser.run(f"{ROWS}(document.querySelector('#layers table'))")}
    energy_known = any(layer["energy_mj"] for layer in result["layers"])
    whole = mean(result["total"]["energy_mj"] or result["energy_mj"]) if energy_known else mean(result["total"]["time_ms"])

    def one(row, figures):
        cells = {cell["key"]: cell for cell in rows[row]["cells"]}
        for key, wanted in figures.items():
            if key not in cells:
                expect(not energy_known, f"{row}: the column {key} is missing")
            elif key == "share":
                expect_share(cells[key], wanted, f"{row}, share")
            else:
                expect_figure(cells[key], wanted, f"{row}, {key}")

    def figures_of(entry):
        known = entry["energy_mj"] if energy_known else entry["time_ms"]
        return {"energy": mean(entry["energy_mj"]), "time": mean(entry.get("time_ms")),
                "interval": half_width(entry["energy_mj"]),
                "share": mean(known) / whole if known and whole else None}

    for layer in result["layers"]:
        if layer["group"] is not None:
            one(f"layer-{layer['index']}", {"energy": mean(layer["energy_mj"]), "time": mean(layer["time_ms"])})
            continue
        one(f"layer-{layer['index']}", {**figures_of(layer), "power": mean(layer["power_mw"])})
        cells = {cell["key"]: cell for cell in rows[f"layer-{layer['index']}"]["cells"]}
        if "samples" in cells:
            expect(cells["samples"]["text"] == str(layer["samples"]), f"layer {layer['index']}: readings")
    for number, group in enumerate(result["groups"]):
        figures = figures_of({**group, "time_ms": None})
        del figures["time"]
        one(f"group-{number}", figures)
    if "outside" in rows:
        outside = result["outside_layers"]
        one("outside", {"energy": mean(outside["energy_mj"]), "time": mean(outside["time_ms"])})


def check_cards(browser, result):
    cards = {card["title"]: card for card in browser.run(CARDS)}
    time, energy, power = (result["total"]["time_ms"], result["total"]["energy_mj"] or result["energy_mj"],
                           result["power_draw_mw"])
    for title, wanted in (("Latency", mean(time)), ("Energy per inference", mean(energy)),
                          ("Average power", mean(power)), ("Peak power", power and power["max"])):
        if wanted is None:
            expect(title not in cards or not cards[title]["data"], f"{title} is shown, and is not known")
        else:
            expect_figure(cards[title], wanted, title)
    batch = result["engine"].get("batch") or 1
    made = {}
    if time:
        made["Throughput"] = 1000 / time["mean"]
    if energy:
        made["Energy per frame"] = energy["mean"] / 1000 / batch
    if time and energy:
        made["Energy-delay product"] = energy["mean"] * time["mean"]
    for title, wanted in made.items():
        number = float(cards[title]["big"].split(" ")[0])
        expect(math.isclose(number, wanted, rel_tol=6e-4), f"{title}: {number} is shown for {wanted}")


def check_result(browser, result):
    check_layer_rows(browser, result)
    check_cards(browser, result)


def check_comparison(browser, report):
    """Rows in any order: the same numbers, each as often as the JSON has them."""
    for number, comparison in enumerate(report["comparisons"]):
        key = "energy_mj" if any(row["energy_mj"]["difference"] for row in comparison["rows"]) else "time_ms"
        table = f"document.querySelector('#changes{'' if number == 0 else f'-{number}'} table')"
        shown = []
        for row in browser.run(f"{ROWS}({table})"):
            cells = {cell["key"]: cell for cell in row["cells"]}
            for column, scale in (("before", 1), ("after", 1), ("change", 1), ("relative", 100), ("time", 100)):
                for value, text in cells[column]["data"][:1]:
                    expect_rounded(value * scale, text, f"{cells['name']['text']}, {column}")
            shown.append(tuple(cells[column]["data"][0][0] if cells[column]["data"] else None
                               for column in ("before", "after", "change", "relative", "time")) +
                         (cells["verdict"]["text"],))
        wanted = [(mean(row[key]["before"]), mean(row[key]["after"]), mean(row[key]["difference"]),
                   row[key]["relative"], row["time_ms"]["relative"],
                   row[key]["verdict"].replace("_", " ") if row[key]["difference"] else "")
                  for row in comparison["rows"]]
        expect(sorted(shown, key=repr) == sorted(wanted, key=repr),
               f"comparison {number}: the table has {sorted(shown, key=repr)}, the JSON {sorted(wanted, key=repr)}")
        cards = browser.run(CARDS)[3 * number:3 * number + 3]
        for card, figure in zip(cards, ("time_ms", "energy_mj", "power_mw")):
            change = comparison["total"][figure]
            if change["difference"] and change["relative"] is not None:
                expect_figure(card, change["relative"], card["title"], 100.0)
    gates = browser.run("[...document.querySelectorAll('#gates li')].map((g) => g.className)")
    expect(gates == [gate["state"] for gate in report["gates"]], f"gates: {gates}")


def check_sweep(browser, sweep):
    rows = browser.run(f"{ROWS}(document.querySelector('#points table'))")
    expect(len(rows) == len(sweep["points"]), f"{len(rows)} rows for {len(sweep['points'])} settings")
    for number, (row, point) in enumerate(zip(rows, sweep["points"])):
        for cell, key in zip(row["cells"][1:], ("latency_ms", "energy_per_item_mj", "power_mw")):
            expect_figure(cell, mean(point[key]), f"setting {number}, {key}")
        expect((row["cells"][4]["text"] == "front") == point["pareto"], f"setting {number}: the front")
