#!/usr/bin/env python3
"""Opens a report in headless Chromium and holds it to what is promised of it.

Exits with 0 when it is good, 1 with one line a problem, 77 when there is no browser.
"""
import argparse
import json
import math
import sys

from browser import Browser, find_chromium

problems = []


def expect(good, what):
    if not good:
        problems.append(what)


def walk(value):
    """Every number in a JSON value."""
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield float(value)
    elif isinstance(value, dict):
        for child in value.values():
            yield from walk(child)
    elif isinstance(value, list):
        for child in value:
            yield from walk(child)


def check_clean(browser, path):
    expect(not browser.complaints, f"the browser complains: {browser.complaints}")
    outside = [url for url in browser.requests if not url.startswith(("file:", "data:"))]
    files = {url for url in browser.requests if url.startswith("file:")}
    expect(not outside, f"the page asks for {outside}")
    expect(len(files) <= 1, f"the page asks for other files: {files}")


def check_text_stays_text(browser):
    expect(browser.run("document.querySelectorAll('#page img, #page script, #page b, #injected').length") == 0,
           "text from the data became an element")
    expect("owned" != browser.run("document.title"), "text from the data was run")


def check_rows(browser, result):
    browser.run("(document.querySelector('.more button') || {click() {}}).click()")
    browser.run("document.querySelectorAll('tr.group button').forEach((b) => b.click())")
    names = browser.run("[...document.querySelectorAll('#layers tbody tr')].map((r) => r.id)")
    wanted = {f"layer-{layer['index']}" for layer in result["layers"]}
    expect(wanted <= set(names), f"layers without a row: {sorted(wanted - set(names))[:5]}")
    for group in range(len(result["groups"])):
        expect(f"group-{group}" in names, f"group {group} has no row")


def check_figures(browser, result):
    """What the page shows as a figure of the result is in the result, to the last digit."""
    shown = browser.run("""[...document.querySelectorAll('#summary data, #layers tbody tr.layer td data')]
        .map((d) => [Number(d.value), d.textContent])""")
    known = set(walk(result))
    halves = set()
    for layer in result["layers"]:
        energy = layer["energy_mj"]
        if energy and energy.get("ci95"):
            low, high = energy["ci95"]
            halves.add(max(high - energy["mean"], energy["mean"] - low))
    for value, text in shown:
        expect(value in known or any(math.isclose(value, half, rel_tol=1e-12) for half in halves),
               f"{value} (shown as {text}) is not in the result")
        number = text.lstrip("<>")
        try:
            number = float(number)
        except ValueError:
            problems.append(f"{text!r} is no figure")
            continue
        if text[0] in "<>" or value == 0:
            continue
        ratio = number / value
        digits = len(text.replace(".", "").lstrip("0")) or 1
        power = 10 ** round(math.log10(abs(ratio))) if ratio else 1
        expect(power in (1, 1000, 0.001) and abs(ratio / power - 1) <= 0.51 * 10 ** (1 - digits) * 10,
               f"{text} is shown for {value}")
    if result["total"]["time_ms"]:
        expect(len(shown) > 0, "no figure is shown")


def check_sort(browser, result):
    if len(result["layers"]) < 2:
        return
    for key in browser.run("[...document.querySelectorAll('[data-sort]')].map((b) => b.dataset.sort)"):
        if key in ("interval", "cumulative", "share", "name", "samples"):
            continue
        for _ in range(2):
            browser.run(f"document.querySelector('[data-sort={key}]').click()")
            way = browser.run(f"document.querySelector('[data-sort={key}]').closest('th').getAttribute('aria-sort')")
            expect(way in ("ascending", "descending"), f"{key}: the sorted column does not say so")
            column = browser.run(f"""(() => {{
                const at = [...document.querySelectorAll('#layers thead th')].indexOf(document.querySelector('[data-sort={key}]').closest('th'));
                return [...document.querySelectorAll('#layers tbody tr.layer, #layers tbody tr.group')]
                  .map((r) => r.children[at]).map((c) => c.querySelector('data') ? Number(c.querySelector('data').value) : c.textContent === '' ? null : Number(c.textContent))
                  .filter((v) => v !== null && !Number.isNaN(v)); }})()""")
            ordered = sorted(column, reverse=way == "descending")
            expect(column == ordered, f"sorted by {key}, {way}: {column[:8]}")
    sorted_heads = browser.run("document.querySelectorAll('#layers th[aria-sort]').length")
    expect(sorted_heads == 1, f"{sorted_heads} columns say that they are sorted")


def check_filter(browser, result):
    if not result["layers"]:
        return
    browser.run("""(() => { const f = document.querySelector('#layers input[type=search]');
        f.value = 'no layer has this name'; f.dispatchEvent(new Event('input')); })()""")
    expect(browser.run("document.querySelectorAll('#layers tbody tr').length") == 0, "the filter lets rows through")
    browser.run("""(() => { const f = document.querySelector('#layers input[type=search]');
        f.value = ''; f.dispatchEvent(new Event('input')); })()""")


def check_structure(browser, width):
    expect(browser.run("document.documentElement.scrollWidth <= innerWidth"),
           f"at {width} the page is wider than the window")
    expect(browser.run("document.querySelectorAll('section.panel').length") > 0, "the page is empty")
    empty = browser.run("[...document.querySelectorAll('svg.chart')].filter((s) => s.getBoundingClientRect().height < 12 || s.querySelectorAll('path,rect,circle').length === 0).length")
    expect(empty == 0, f"{empty} charts are empty")
    bad = browser.run("[...document.querySelectorAll('svg *')].filter((s) => [...s.attributes].some((a) => /NaN|undefined|Infinity/.test(a.value))).length")
    expect(bad == 0, f"{bad} marks of charts have no place")
    text = browser.run("document.getElementById('page').innerText")
    for word in ("NaN", "undefined", "[object"):
        expect(word not in text, f"the page says {word}")


def check_parts(browser, result):
    cards = browser.run("document.querySelectorAll('#summary .card').length")
    expect(cards >= 3, f"only {cards} cards")
    panels = browser.run("[...document.querySelectorAll('section.panel')].map((s) => s.id)")
    wanted = {"layers", "warnings", "method", "environment", "scatter", "cumulative"}
    expect(wanted <= set(panels), f"parts are missing: {wanted - set(panels)}")
    text = browser.run("document.getElementById('page').innerText")
    if not result["sensor"]["measured"]:
        expect("NOT MEASURED" in text, "the page does not say that nothing was measured")


def check_names_of_controls(browser):
    names = browser.run("[...document.querySelectorAll('button,input,select,[tabindex=\"0\"]')].filter((e) => !e.textContent.trim() && !e.getAttribute('aria-label')).length")
    expect(names == 0, f"{names} controls have no name")


def check_keyboard(browser):
    if browser.run("document.querySelectorAll('#scatter svg[tabindex]').length"):
        browser.run("document.querySelector('#scatter svg.chart').focus()")
        browser.press("ArrowRight")
        expect(browser.run("document.getElementById('said').textContent.length > 0"), "an arrow key says nothing")
        browser.press("Enter")
        expect(browser.run("document.querySelectorAll('tr.marked').length") == 1, "Enter does not lead to the layer's row")


def finish():
    for problem in problems[:20]:
        print(problem)
    return 1 if problems else 0


def main():
    options = argparse.ArgumentParser()
    options.add_argument("page")
    options.add_argument("--json", help="the result that the page is of; without it only what holds for "
                         "every page is checked")
    options.add_argument("--screenshots", help="folder for light.png, dark.png, narrow.png, print.png")
    options.add_argument("--large", action="store_true", help="leave out what touches every row")
    arguments = options.parse_args()
    chromium = find_chromium()
    if chromium is None:
        print("no chromium")
        return 77
    result = None
    if arguments.json:
        with open(arguments.json, encoding="utf-8") as file:
            result = json.load(file)
    with Browser(chromium) as browser:
        browser.look(1280, 900)
        seconds = browser.open(arguments.page)
        print(f"opened in {seconds:.2f} s")
        check_clean(browser, arguments.page)
        check_text_stays_text(browser)
        browser.press("Tab")
        expect(browser.run("document.activeElement.className") == "skip",
               "the first Tab does not reach the skip link")
        for width, dark in ((1280, False), (1280, True), (390, False)):
            browser.look(width, 900, dark)
            browser.run("new Promise(r => setTimeout(r, 250))")  # drawings follow the width
            check_structure(browser, width)
            if arguments.screenshots:
                name = "narrow" if width < 500 else "dark" if dark else "light"
                browser.screenshot(f"{arguments.screenshots}/{name}.png")
        if arguments.screenshots:
            browser.look(1000, 1400, media="print")
            browser.screenshot(f"{arguments.screenshots}/print.png")
        browser.look(1280, 900)
        check_names_of_controls(browser)
        if result is None:
            return finish()
        check_parts(browser, result)
        if arguments.large:
            return finish()
        check_rows(browser, result)
        check_figures(browser, result)
        check_sort(browser, result)
        check_filter(browser, result)
        check_keyboard(browser)
        check_clean(browser, arguments.page)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
