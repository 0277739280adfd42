// The page of a sweep: latency against energy, and the settings that nothing beats.
(() => {
  const sweep = data.sweep;
  const words = (p) => Object.entries(p.settings).map(([k, v]) => `${visible(k)} ${visible(k === 'model' ? v.split('/').pop() : v)}`).join(', ') || 'as it is';
  const known = sweep.points.filter((p) => p.latency_ms && p.energy_per_item_mj);
  const largest = (key) => Math.max(0, ...sweep.points.map((p) => p[key] ? p[key].mean : 0));
  const scales = {latency_ms: scaleFor('ms', largest('latency_ms')), energy_per_item_mj: scaleFor('mJ', largest('energy_per_item_mj')), power_mw: scaleFor('mW', largest('power_mw'))};
  const describe = (p) => [words(p), `latency ${withUnit(p.latency_ms.mean, 'ms')}`, `energy ${withUnit(p.energy_per_item_mj.mean, 'mJ')} an item`,
    p.power_mw && `power ${withUnit(p.power_mw.mean, 'mW')}`, p.pareto && 'nothing beats it in both'].filter(Boolean).join('\n');

  // Names beside the points of the front, where they do not run into each other or off the drawing.
  function label(f, front) {
    const boxes = [];
    for (const {p, px, py} of front) {
      const same = front.filter((o) => Math.abs(o.px - px) < 2 && Math.abs(o.py - py) < 2);
      if (same[0].p !== p) continue;
      const right = f.inner.x + f.inner.w;
      const text = shortened(words(p) + (same.length > 1 ? ` (and ${same.length - 1} more)` : ''), Math.max(px - 16 - f.inner.x, right - px - 16) / 1.12);
      const wide = 1.12 * textWidth(text);  // bold
      const from = px + 10 + wide <= right ? px + 10 : px - 10 - wide;
      const box = {from, to: from + wide, y: py - 8};
      if (boxes.some((b) => Math.abs(b.y - box.y) < 13 && b.from < box.to && box.from < b.to)) continue;
      boxes.push(box);
      f.chart.append(svg('text', {x: from, y: box.y, class: 'strong'}, text));
    }
  }
  function plot() {
    if (!known.length) return panel('pareto', 'Latency against energy', 'No setting has both figures.');
    const e = scales.energy_per_item_mj;
    const t = scales.latency_ms;
    const f = frame({width: wideRoom(), height: 420, left: 62, x: {low: 0, high: 1.12 * largest('latency_ms') * t.factor, title: `latency of an inference, ${t.unit}`},
      y: {low: 0, high: 1.12 * largest('energy_per_item_mj') * e.factor, title: `energy of an item, ${e.unit}`}});
    const place = (p) => ({p, px: f.fx(p.latency_ms.mean * t.factor), py: f.fy(p.energy_per_item_mj.mean * e.factor)});
    const front = known.filter((p) => p.pareto).sort((a, b) => a.latency_ms.mean - b.latency_ms.mean).map(place);
    // Between two points of the front nothing was measured: it is a stair, not a slope.
    f.chart.append(svg('path', {class: 'line', d: front.map((q, i) => i ? `H${q.px.toFixed(1)}V${q.py.toFixed(1)}` : `M${q.px.toFixed(1)} ${q.py.toFixed(1)}`).join('')}));
    const dots = known.map((p) => {
      const q = place(p);
      if (p.energy_per_item_mj.ci95) {
        const [low, high] = p.energy_per_item_mj.ci95.map((v) => f.fy(v * e.factor));
        f.chart.append(svg('line', {class: 'cursor', x1: q.px, x2: q.px, y1: low, y2: high}));
      }
      q.dot = svg('circle', {cx: q.px, cy: q.py, r: p.pareto ? 6.5 : 4.5, class: 'dot ' + (p.pareto ? 'c0' : 'c7')});
      f.chart.append(q.dot);
      return q;
    });
    label(f, front);
    dots.sort((a, b) => a.px - b.px);
    let on = null;
    pointable(f.chart, dots, {label: `Latency against energy of ${dots.length} settings.`, describe: (q) => describe(q.p),
      mark: (q) => { if (on) on.dot.classList.remove('on'); on = q; if (q) q.dot.classList.add('on'); }});
    return panel('pareto', 'Latency against energy', 'Down and left is better. On the line: settings that no other beats in one without losing in the other. Bars are 95 % intervals.', el('figure', {}, f.chart));
  }
  const cell = (p, key, also = '') => el('td', {class: 'number' + also}, p[key] ? shown(p[key].mean, figure(p[key].mean, scales[key])) : missing(p[key + '_reason']));
  const table = panel('points', 'Settings', null, el('div', {class: 'scroll'}, el('table', {}, el('thead', {}, el('tr', {},
    ['Settings', `Latency, ${scales.latency_ms.unit}`, `Energy an item, ${scales.energy_per_item_mj.unit}`, `Power, ${scales.power_mw.unit}`, 'Pareto'].map((name, i) => el('th', {scope: 'col', class: (i > 0 && i < 4 ? 'number' : '') + (i === 3 ? ' less' : '')}, name)))),
  el('tbody', {}, sweep.points.map((p) => el('tr', {class: p.pareto ? 'marked' : ''}, el('td', {class: 'name'}, words(p), p.failure ? el('span', {class: 'kind worse'}, visible(p.failure)) : null),
    cell(p, 'latency_ms'), cell(p, 'energy_per_item_mj'), cell(p, 'power_mw', ' less'), el('td', {}, p.pareto ? 'front' : '')))))));
  document.getElementById('page').replaceChildren(el('header', {class: 'top'}, el('div', {}, el('h1', {}, 'Sweep of ' + visible(sweep.model.split('/').pop())), sweep.measured ? el('p', {class: 'meta'}, visible(sweep.power_source)) : null), themeButton()),
    sweep.measured ? '' : el('p', {class: 'alarm', role: 'note'}, visible(sweep.power_source)), el('main', {id: 'main', tabindex: '-1'}, responsive(plot), table), el('footer', {}, `layerwatt ${sweep.layerwatt_version}`));
  document.title = `Sweep of ${visible(sweep.model.split('/').pop())} – layerwatt`;
})();
