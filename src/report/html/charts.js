// Plots over the layers: time against power, cumulative share, types, rails.
const kind = (item) => item.type || (item.layers[0] && item.layers[0].type) || 'no type';
const describeItem = (item) => [item.name, item.kind === 'group' ? 'a group: only its sum is known' : item.type && visible(item.type),
  item.energy && `energy ${withUnit(item.energy.mean, 'mJ')}${halfWidth(item.energy) !== null ? ' ± ' + withUnit(halfWidth(item.energy), 'mJ', 2) : ''}`,
  item.time && `time ${withUnit(item.time.mean, 'ms')}`, item.power && `power ${withUnit(item.power.mean, 'mW')}`,
  item.share !== null && item.share !== undefined && `${percent(item.share)} % of an inference`].filter(Boolean).join('\n');

function typeLegend(shownTypes, lead) {
  const names = typeNames.map(([name]) => name).filter((name) => shownTypes.has(name));
  const list = names.slice(0, 8).map((name) => el('li', {}, swatch(typeColor.get(name)), visible(name)));
  if (names.length > 8) list.push(el('li', {}, `and ${names.length - 8} more type${names.length === 9 ? '' : 's'} in the last colour`));
  return el('ul', {class: 'legend'}, lead ? el('li', {}, lead) : null, list);
}

function scatter(reveal) {
  const points = items.filter((i) => i.time && i.power && i.time.mean > 0 && i.power.mean > 0);
  if (points.length < 2) {
    return panel('scatter', 'Time against power', 'Fewer than two layers have both a time and a power.');
  }
  const range = (values, pad) => [Math.min(...values) / pad, Math.max(...values) * pad];
  const [tLow, tHigh] = range(points.map((p) => p.time.mean), 1.25);
  const powers = points.map((p) => p.power.mean / 1000);
  const high = Math.max(...powers) * 1.08;
  const low = Math.min(...powers) > 0.5 * high ? 0.4 * high : 0;
  const f = frame({height: 340, x: {log: true, low: tLow, high: tHigh, title: 'time of the layer, ms (logarithmic)'}, y: {low, high, title: low > 0 ? 'power, W (not from zero)' : 'power, W'}});
  // Along a dashed line every layer costs the same energy.
  const energies = points.filter((p) => p.energy).map((p) => p.energy.mean).sort((a, b) => a - b);
  let before = 0;
  for (const at of [0.25, 0.7, 0.97]) {
    const energy = Number((energies[Math.floor(at * (energies.length - 1))] || 0).toPrecision(1));
    if (!(energy > 1.9 * before)) continue;
    before = energy;
    const curve = [];
    for (let i = 0; i <= 60; ++i) {
      const t = tLow * Math.pow(tHigh / tLow, i / 60);
      curve.push([t, energy / t <= high && energy / t >= low ? energy / t : null]);
    }
    f.chart.append(svg('path', {class: 'ref', d: path(curve, f.fx, f.fy)}));
    const first = curve.find((c) => c[1] !== null);
    if (first) f.chart.append(svg('text', {x: f.fx(first[0]) + 4, y: Math.max(f.fy(first[1]), f.inner.y) + 11}, withUnit(energy, 'mJ', 1)));
  }
  const least = points.length > 400 ? 1.8 : 2.6;
  const dots = points.map((item) => {
    const radius = least + 7 * Math.sqrt(Math.max(0, item.share || 0));
    const p = {item, px: f.fx(item.time.mean), py: f.fy(item.power.mean / 1000)};
    p.dot = item.kind === 'group'
      ? svg('rect', {x: p.px - radius, y: p.py - radius, width: 2 * radius, height: 2 * radius, class: 'dot c' + typeColor.get(kind(item))})
      : svg('circle', {cx: p.px, cy: p.py, r: radius, class: 'dot c' + (item.kind === 'outside' ? 7 : typeColor.get(kind(item)))});
    f.chart.append(p.dot);
    return p;
  });
  dots.sort((a, b) => a.px - b.px);
  let on = null;
  pointable(f.chart, dots, {label: `Time against power of ${dots.length} layers.`, describe: (p) => describeItem(p.item), choose: (p) => reveal(p.item),
    mark: (p) => { if (on) on.dot.classList.remove('on'); on = p; if (p) p.dot.classList.add('on'); }});
  return panel('scatter', 'Time against power', 'Up: hungry. Right: slow. Both, and a layer is worth work; dashed lines join equal energies, larger marks cost more. Squares are groups.',
    el('figure', {}, f.chart), typeLegend(new Set(points.filter((p) => p.kind !== 'outside').map(kind))));
}

function cumulative(reveal) {
  const known = (i) => byEnergy ? i.energy : i.time;
  const ranked = items.filter((i) => known(i) && i.cumulative !== null).sort((a, b) => a.rank - b.rank);
  if (ranked.length < 2) return panel('cumulative', 'What to optimise first', 'Fewer than two layers have a share.');
  const high = Math.max(100, 100 * ranked[ranked.length - 1].cumulative);
  const f = frame({height: 340, x: {low: 0, high: ranked.length, ticks: niceTicks(0, ranked.length, halfRoom() / 110).filter(Number.isInteger), title: 'rows of the table, the costliest first'}, y: {low: 0, high, title: `cumulative share of the ${byEnergy ? 'energy' : 'time'}, %`}});
  const line = [[0, 0], ...ranked.map((item, i) => [i + 1, 100 * item.cumulative])];
  f.chart.append(svg('path', {class: 'band', d: path(line, f.fx, f.fy) + `L${f.fx(ranked.length)} ${f.fy(0)}Z`}), svg('path', {class: 'line', d: path(line, f.fx, f.fy)}));
  const sentences = [];
  for (const share of [0.5, 0.8]) {
    const at = ranked.findIndex((item) => item.cumulative >= share);
    if (at < 0) continue;
    f.chart.append(svg('path', {class: 'ref', d: `M${f.inner.x} ${f.fy(100 * share)}H${f.fx(at + 1)}V${f.inner.y + f.inner.h}`}),
      svg('text', {class: 'strong', x: f.fx(at + 1) + 5, y: f.fy(100 * share) + 14}, `${at + 1} → ${100 * share} %`));
    sentences.push(`${at + 1} of ${ranked.length} rows make ${100 * share} %`);
  }
  const dots = ranked.map((item, i) => ({item, px: f.fx(i + 1), py: f.fy(100 * item.cumulative), alongX: true}));
  const mark = svg('circle', {class: 'mark c0', r: 4.5, visibility: 'hidden'});
  f.chart.append(mark);
  pointable(f.chart, dots, {label: 'Cumulative share. ' + sentences.join('; ') + '.', choose: (p) => reveal(p.item),
    describe: (p) => `${p.item.rank}. ${describeItem(p.item)}\ntogether ${percent(p.item.cumulative)} %`,
    mark: (p) => { mark.setAttribute('visibility', p ? 'visible' : 'hidden'); if (p) { mark.setAttribute('cx', p.px); mark.setAttribute('cy', p.py); } }});
  return panel('cumulative', 'What to optimise first', sentences.length ? sentences.join('; ') + ` of the ${byEnergy ? 'energy' : 'time'} of an inference.` : null, el('figure', {}, f.chart));
}

// Horizontal bars, each made of parts; `rows` are [label, [values], text], the longest bar is `most`.
// Drawings of one figure start their bars below each other when they are told `all` their rows.
function stackedBars(rows, most, label, all = rows) {
  const height = 25;
  const width = halfRoom();
  const left = Math.min(0.36 * width, 12 + Math.max(...all.map(([name]) => textWidth(name))));
  const right = 14 + Math.max(...all.map(([, , text]) => textWidth(text)));
  const chart = svg('svg', {class: 'chart', viewBox: `0 0 ${width} ${rows.length * height + 4}`, role: 'img', 'aria-label': label});
  rows.forEach(([name, values, text], i) => {
    chart.append(svg('text', {x: left - 8, y: i * height + 16, 'text-anchor': 'end'}, svg('title', {}, name), shortened(name, left - 10)));
    let x = left;
    values.forEach((value, k) => {
      const w = Math.max(0, (width - left - right) * value / most);
      chart.append(svg('rect', {x, y: i * height + 3, width: w, height: height - 7, class: 'c' + Math.min(k, 7)}));
      x += w;
    });
    chart.append(svg('text', {x: x + 6, y: i * height + 16}, text));
  });
  return chart;
}

function types() {
  if (typeNames.length < 2) return null;
  const whole = byEnergy ? totalEnergy && totalEnergy.mean : result.total.time_ms && result.total.time_ms.mean;
  const top = typeNames.slice(0, 12);
  const unit = byEnergy ? 'mJ' : 'ms';
  const rows = top.map(([name, value]) => [visible(name), [value], withUnit(value, unit, 3) + (whole ? `, ${percent(value / whole)} %` : '')]);
  return panel('types', `${byEnergy ? 'Energy' : 'Time'} by type of layer`, 'Layers of one type added up' + (typeNames.length > 12 ? `; the first 12 of ${typeNames.length} types.` : '.') +
    (result.groups.length ? ' Members of groups count with their share by time.' : ''),
    el('figure', {}, stackedBars(rows, top[0][1] || 1, `${byEnergy ? 'Energy' : 'Time'} by type`)));
}

function rails() {
  const names = Object.keys(result.total.rails || {});
  if (!names.length) return null;
  const inTotal = names.filter((n) => !data.rails || data.rails[n] !== false);
  const part = (rails, name) => rails && rails[name] && rails[name].energy_mj ? Math.max(0, rails[name].energy_mj.mean) : 0;
  const sum = (rails) => inTotal.reduce((s, n) => s + part(rails, n), 0);
  const list = [...result.layers].filter((l) => sum(l.rails) > 0).sort((a, b) => sum(b.rails) - sum(a.rails)).slice(0, 12);
  if (!inTotal.length || !(sum(result.total.rails) > 0)) return null;
  const others = names.filter((n) => !inTotal.includes(n));
  const totalRow = [['one inference', inTotal.map((n) => part(result.total.rails, n)), withUnit(sum(result.total.rails), 'mJ')]];
  const rows = list.map((l) => [nameOf(l), inTotal.map((n) => part(l.rails, n)), withUnit(sum(l.rails), 'mJ', 3)]);
  return panel('rails', 'Energy by rail', 'Which supply the energy came from: the whole inference, then the layers that cost most.' +
    (others.length ? ` Part of another rail, or outside the total, and so not in the bars: ${others.map(visible).join(', ')}.` : ''),
    legend(inTotal), el('figure', {}, stackedBars(totalRow, sum(result.total.rails), 'Rails of one inference', [...totalRow, ...rows]),
      rows.length ? stackedBars(rows, sum(list[0].rails), 'Rails of the costliest layers', [...totalRow, ...rows]) : null));
}
