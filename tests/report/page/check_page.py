#!/usr/bin/env python3
"""Opens a report in headless Chromium and holds it to what is promised of it.

Exits with 0 when it is good, 1 with one line a problem, 77 when there is no browser.
"""
import argparse
import json
import os
import sys
import tempfile

import figures
import structure
from browser import Browser, find_chromium
from problems import expect, finish


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
    browser.run("document.querySelectorAll('tr.group button').forEach((b) => b.click())")  # draws all rows
    browser.run("""new Promise((done) => { const look = () => document.querySelectorAll('#layers tbody tr').length >=
        %d ? done() : setTimeout(look, 10); look(); setTimeout(done, 20000); })""" % len(result["layers"]))
    names = browser.run("[...document.querySelectorAll('#layers tbody tr')].map((r) => r.id)")
    wanted = {f"layer-{layer['index']}" for layer in result["layers"]}
    expect(wanted <= set(names), f"layers without a row: {sorted(wanted - set(names))[:5]}")
    for group in range(len(result["groups"])):
        expect(f"group-{group}" in names, f"group {group} has no row")


def check_sort(browser, place):
    """Every column of the table in `place`, both ways. Changes are sorted by their size."""
    rows = browser.run(f"document.querySelectorAll('{place} tbody tr').length")
    for key in browser.run(f"[...document.querySelectorAll('{place} [data-sort]')].map((b) => b.dataset.sort)"):
        if rows < 2 or key in ("interval", "cumulative", "share", "name", "samples", "verdict"):
            continue
        for _ in range(2):
            button = f"document.querySelector('{place} [data-sort={key}]')"
            browser.run(f"{button}.click()")
            way = browser.run(f"{button}.closest('th').getAttribute('aria-sort')")
            expect(way in ("ascending", "descending"), f"{key}: the sorted column does not say so")
            column = browser.run(f"""(() => {{
                const at = [...document.querySelectorAll('{place} thead th')].indexOf({button}.closest('th'));
                return [...document.querySelectorAll('{place} tbody tr')].filter((r) => !r.classList.contains('member') && !r.classList.contains('outside'))
                  .map((r) => r.children[at]).map((c) => c.querySelector('data') ? Number(c.querySelector('data').value) : c.textContent === '' ? null : Number(c.textContent))
                  .filter((v) => v !== null && !Number.isNaN(v)); }})()""")
            if key == "change":
                column = [abs(value) for value in column]
            ordered = sorted(column, reverse=way == "descending")
            expect(column == ordered, f"sorted by {key}, {way}: {column[:8]}")
    sorted_heads = browser.run(f"document.querySelectorAll('{place} th[aria-sort]').length")
    expect(sorted_heads == 1 or rows < 2, f"{sorted_heads} columns say that they are sorted")


def check_filter(browser, result):
    if not result["layers"]:
        return
    browser.run("""(() => { const f = document.querySelector('#layers input[type=search]');
        f.value = 'no layer has this name'; f.dispatchEvent(new Event('input')); })()""")
    expect(browser.run("document.querySelectorAll('#layers tbody tr').length") == 0, "the filter lets rows through")
    browser.run("""(() => { const f = document.querySelector('#layers input[type=search]');
        f.value = ''; f.dispatchEvent(new Event('input')); })()""")


def check_structure(browser, width):
    if browser.run("document.documentElement.scrollWidth > innerWidth"):
        wide = browser.run("""[...document.querySelectorAll('#page *')].filter((e) => !e.closest('.scroll, svg') && e.getBoundingClientRect().right > innerWidth)
            .map((e) => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40))""")
        expect(False, f"at {width} the page is wider than the window: {wide[-3:]}")
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


# The contrast of each text with what it stands on, by WCAG 2; transparent grounds are looked through.
CONTRAST = """(() => {
    const parse = (c) => (c.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
    const light = (c) => c.slice(0, 3).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
    const bad = new Set();
    for (const e of document.querySelectorAll('#page *')) {
      if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !e.getClientRects().length) continue;
      const style = getComputedStyle(e);
      const [a, b] = [light(parse(e instanceof SVGElement ? style.fill : style.color)), light(ground(e))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) bad.add(e.textContent.slice(0, 30) + ' ' + ratio.toFixed(1));
    }
    return [...bad]; })()"""


def check_readable(browser, look):
    faint = browser.run(CONTRAST)
    expect(not faint, f"{look}: too little contrast: {faint[:5]}")
    cut = browser.run("""[...document.querySelectorAll('svg.chart')].flatMap((c) => [...c.querySelectorAll('text')].filter((t) => {
        const box = t.getBBox(); return box.x < -1 || box.x + box.width > c.viewBox.baseVal.width + 1; }).map((t) => t.textContent))""")
    expect(not cut, f"{look}: text runs out of its drawing: {cut[:5]}")


def check_saved_json(browser, result):
    with tempfile.TemporaryDirectory(prefix="layerwatt-saved-") as folder:
        browser.save_to(folder)
        browser.run("[...document.querySelectorAll('footer button')].find((b) => b.textContent === 'Save as JSON').click()")
        browser.wait_for_download()
        with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
            expect(json.load(file) == result, "'Save as JSON' saves something else")


def read_json(path):
    if not path:
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("page")
    options.add_argument("--json", help="the result that the page is of; without it only what holds for "
                         "every page is checked")
    options.add_argument("--screenshots", help="folder for light.png, dark.png, narrow.png, print.png")
    options.add_argument("--comparison", help="the comparison's JSON that the page is of")
    options.add_argument("--sweep", help="the sweep's JSON that the page is of")
    options.add_argument("--structure", help="golden file of what the screenshots show")
    arguments = options.parse_args()
    chromium = find_chromium()
    if chromium is None:
        print("no chromium")
        return 77
    result = read_json(arguments.json)
    looks = {}
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
            name = "narrow" if width < 500 else "dark" if dark else "light"
            check_readable(browser, name)
            if arguments.structure:
                looks[name] = structure.outline(browser)
            if arguments.screenshots:
                browser.screenshot(f"{arguments.screenshots}/{name}.png")
        if arguments.structure:
            structure.check(looks, arguments.structure)
        if arguments.screenshots:
            browser.look(1000, 1400, media="print")
            browser.screenshot(f"{arguments.screenshots}/print.png")
        browser.look(1280, 900)
        check_names_of_controls(browser)
        if arguments.comparison:
            figures.check_comparison(browser, read_json(arguments.comparison))
            check_sort(browser, "section.long")
        if arguments.sweep:
            figures.check_sweep(browser, read_json(arguments.sweep))
        if result is None:
            check_clean(browser, arguments.page)
            return finish()
        check_parts(browser, result)
        check_rows(browser, result)
        figures.check_result(browser, result)
        check_saved_json(browser, result)
        check_sort(browser, "#layers")
        check_filter(browser, result)
        check_keyboard(browser)
        check_clean(browser, arguments.page)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
