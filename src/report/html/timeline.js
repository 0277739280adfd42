// Power over time: the whole run as bands between the lowest and the highest reading of each piece,
// and a few inferences with every reading.
const line = data.timeline;

function wholeRun() {
  const view = line && line.overview;
  if (!view || !view.total && !view.rails.length) return null;
  const seconds = (i) => i * view.step_ms / 1000;
  const n = view.buckets;
  const drawn = [];
  const x = {low: 0, high: seconds(n), title: 'seconds since the first reading'};
  const band = (f, lows, highs) => {
    let text = '';
    let run = [];
    const close = () => {
      if (!run.length) return;
      const point = (t, v) => `${f.fx(t).toFixed(1)} ${f.fy(v / 1000).toFixed(1)}`;
      text += 'M' + run.map((i) => point(seconds(i), highs[i]) + 'L' + point(seconds(i + 1), highs[i])).join('L') + 'L' +
        run.slice().reverse().map((i) => point(seconds(i + 1), lows[i]) + 'L' + point(seconds(i), lows[i])).join('L') + 'Z';
      run = [];
    };
    for (let i = 0; i < n; ++i) if (highs[i] === null) close(); else run.push(i);
    close();
    return svg('path', {class: 'band', d: text});
  };
  const top = (lists) => Math.max(...lists.flat().filter((v) => v !== null), 1) / 1000 * 1.08;
  if (view.total) {
    const f = frame({width: wideRoom(), height: 240, x, y: {low: 0, high: top([view.total.max]), title: 'total power, W'}});
    f.chart.append(band(f, view.total.min, view.total.max), svg('path', {class: 'line', d: path(view.total.mean.map((v, i) => [seconds(i + 0.5), v === null ? null : v / 1000]), f.fx, f.fy)}));
    const cursor = svg('line', {class: 'cursor', y1: f.inner.y, y2: f.inner.y + f.inner.h, visibility: 'hidden'});
    f.chart.append(cursor);
    const dots = view.total.mean.flatMap((v, i) => v === null ? [] : [{i, px: f.fx(seconds(i + 0.5)), py: f.fy(v / 1000), alongX: true}]);
    pointable(f.chart, dots, {label: 'Total power over the run.',
      describe: ({i}) => `${seconds(i).toFixed(2)} s: ${withUnit(view.total.mean[i], 'mW')} on average\nfrom ${withUnit(view.total.min[i], 'mW')} to ${withUnit(view.total.max[i], 'mW')}` +
        view.rails.map((r) => r.mean[i] === null ? '' : `\n${visible(r.name)} ${withUnit(r.mean[i], 'mW')}`).join(''),
      mark: (p) => { cursor.setAttribute('visibility', p ? 'visible' : 'hidden'); if (p) { cursor.setAttribute('x1', p.px); cursor.setAttribute('x2', p.px); } }});
    drawn.push(el('figure', {}, f.chart));
  }
  const stack = view.rails.filter((r) => r.in_total);
  if (stack.length > 1) {
    const sums = new Array(n).fill(0).map((_, i) => stack.every((r) => r.mean[i] !== null) ? stack.reduce((s, r) => s + r.mean[i], 0) : null);
    const f = frame({width: wideRoom(), height: 220, x, y: {low: 0, high: top([sums]), title: 'mean power by rail, stacked, W'}});
    f.chart.setAttribute('role', 'img');
    f.chart.setAttribute('aria-label', 'Mean power of each rail over the run, stacked.');
    let below = new Array(n).fill(0);
    stack.forEach((rail, k) => {
      const above = below.map((v, i) => sums[i] === null ? null : v + rail.mean[i]);
      const b = band(f, below, above);
      b.setAttribute('class', 'c' + Math.min(k, 7));
      f.chart.append(b);
      below = above.map((v) => v === null ? 0 : v);
    });
    drawn.push(el('figure', {}, f.chart, legend(stack.map((r) => r.name))));
  }
  if (view.latency) {
    const highs = view.latency.max;
    const known = highs.filter((v) => v !== null);
    const lows = view.latency.min.filter((v) => v !== null);
    if (known.length > 1) {
      const low = Math.min(...lows);
      const high = Math.max(...known);
      const pad = (high - low) * 0.12 || high * 0.05 || 1;
      const f = frame({width: wideRoom(), height: 150, x, y: {low: Math.max(0, low - pad), high: high + pad, title: 'latency of the inferences, ms'}});
      f.chart.setAttribute('role', 'img');
      f.chart.setAttribute('aria-label', `Latency of the inferences over the run, from ${withUnit(low, 'ms')} to ${withUnit(high, 'ms')}.`);
      const scaled = (list) => list.map((v) => v === null ? null : v * 1000);
      f.chart.append(band(f, scaled(view.latency.min), scaled(highs)), svg('path', {class: 'line', d: path(view.latency.mean.map((v, i) => [seconds(i + 0.5), v]).filter(([, v]) => v !== null), f.fx, f.fy)}));
      drawn.push(el('figure', {}, f.chart));
    }
  }
  return panel('timeline', 'The run', `${count(line.samples)} readings in ${withUnit(line.duration_ms, 'ms')}; ${count(line.inferences)} inferences. ` +
    `Drawn as ${count(n)} pieces of ${withUnit(view.step_ms, 'ms', 3)}: the band reaches from the lowest to the highest reading of a piece, the line is the mean.`, drawn);
}

function closeUp() {
  const view = line && line.detail;
  if (!view || !view.time_ms.length) return null;
  const wide = view.to_ms - view.from_ms;
  const high = Math.max(...view.total.concat(...view.rails.map((r) => r.mw)).filter((v) => v !== null), 1) / 1000 * 1.08;
  const x = {low: 0, high: wide, title: 'milliseconds'};
  const f = frame({width: wideRoom(), height: 300, x, y: {low: 0, high, title: 'power, W'}, bottom: 78});
  const base = f.inner.y + f.inner.h;
  view.iterations.forEach((it, k) => {
    const from = Math.max(0, it.start_ms - view.from_ms);
    const to = Math.min(wide, it.end_ms - view.from_ms);
    f.chart.append(svg('rect', {class: 'shade', x: f.fx(from), y: f.inner.y, width: Math.max(0, f.fx(to) - f.fx(from)), height: f.inner.h}));
    let at = it.start_ms - view.from_ms;
    it.layers_ms.forEach((ms, i) => {
      if (ms === null) return;
      const layer = result.layers[i];
      const a = Math.max(0, at);
      const b = Math.min(wide, at + ms);
      at += ms;
      if (b <= a) return;
      // Neighbours differ in tone, not by a gap: layers of half a pixel would be all gap.
      f.chart.append(svg('rect', {class: 'c' + (layer ? typeColor.get(layer.type || 'no type') : 7), 'fill-opacity': i % 2 ? 0.6 : 1, x: f.fx(a), y: base + 22, width: Math.max(0.4, f.fx(b) - f.fx(a)), height: 13},
        svg('title', {}, layer ? `${nameOf(layer)}: ${withUnit(ms, 'ms')}` : '')));
    });
    if (f.fx(to) - f.fx(from) > textWidth('#' + it.number) + 8) f.chart.append(svg('text', {x: (f.fx(from) + f.fx(to)) / 2, y: base + 50, 'text-anchor': 'middle'}, '#' + it.number));
  });
  const series = view.rails.map((r, k) => [visible(r.name), r.mw, k]);
  const place = (list) => list.map((v, i) => [view.time_ms[i] - view.from_ms, v === null ? null : v / 1000]);
  if (series.length > 1) series.forEach(([, mw, k]) => {
    f.chart.append(svg('path', {d: path(place(mw), f.fx, f.fy), fill: 'none', 'stroke-width': 1.2, stroke: `var(--s${Math.min(k, 7)})`}));
  });
  const dense = view.total.length > f.inner.w / 2;
  f.chart.append(svg('path', {class: dense ? 'whole dense' : 'whole', d: path(place(view.total), f.fx, f.fy)}));
  const dots = view.total.flatMap((v, i) => {
    if (v === null) return [];
    const p = {i, px: f.fx(view.time_ms[i] - view.from_ms), py: f.fy(v / 1000), alongX: true};
    if (!dense) f.chart.append(svg('circle', {cx: p.px, cy: p.py, r: 2.2, fill: 'var(--ink)'}));
    return [p];
  });
  const cursor = svg('line', {class: 'cursor', y1: f.inner.y, y2: base, visibility: 'hidden'});
  f.chart.append(cursor);
  pointable(f.chart, dots, {label: 'Every reading of a few inferences.',
    describe: ({i}) => `${(view.time_ms[i] - view.from_ms).toFixed(3)} ms: ${withUnit(view.total[i], 'mW')}` + series.map(([name, mw]) => mw[i] === null ? '' : `\n${name} ${withUnit(mw[i], 'mW')}`).join(''),
    mark: (p) => { cursor.setAttribute('visibility', p ? 'visible' : 'hidden'); if (p) { cursor.setAttribute('x1', p.px); cursor.setAttribute('x2', p.px); } }});
  return panel('closeup', 'A few inferences', `Every reading of inferences #${view.iterations[0].number} to #${view.iterations[view.iterations.length - 1].number}, from the middle of the run. ` +
    'Shaded: inferences; the strip below: their layers in the colours of their types. A reading is the mean over what the sensor averages, and stands where its stamp says.',
    el('figure', {}, f.chart), series.length > 1 ? el('ul', {class: 'legend'}, el('li', {}, 'Lines:'), el('li', {}, swatch('whole'), 'total'), series.map(([name, , k]) => el('li', {}, swatch(Math.min(k, 7)), name))) : null,
    typeLegend(new Set(result.layers.map((l) => l.type || 'no type')), 'Strip:'));
}
