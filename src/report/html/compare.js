// The page of a comparison: totals, then each layer's change with its interval.
const report = data.comparison;
const FIGURES = [['time_ms', 'latency', 'ms'], ['energy_mj', 'energy', 'mJ'], ['power_mw', 'power', 'mW']];
const words = (verdict) => verdict.replace('_', ' ');
const signed = (value, scale) => signedText(value, figure(value, scale));
const most = (list) => Math.max(0, ...list.filter((v) => v !== null && v !== undefined));
const verdictCell = (change) => el('span', {class: change.verdict}, change.difference ? words(change.verdict) : '');

function totalCards(comparison) {
  return el('div', {class: 'cards', role: 'group', 'aria-label': 'One inference'}, FIGURES.map(([key, name, unit]) => {
    const change = comparison.total[key];
    if (!change.difference) return card(`Total ${name}`, missing(change.difference_reason), null, reasonWords(change.difference_reason));
    const scale = scaleFor(unit, Math.max(change.before.mean, change.after.mean));
    const half = halfWidth(change.difference);
    const box = card(`Total ${name}`, change.relative === null ? signed(change.difference.mean, scale) : signedText(change.relative, (100 * change.relative).toFixed(1)),
      change.relative === null ? scale.unit : '%',
      [`${figure(change.before.mean, scale)} → ${figure(change.after.mean, scale)} ${scale.unit}`, half === null ? '' : ` (${signed(change.difference.mean, scale)} ± ${figure(half, scale)})`],
      change.relative === null ? change.difference.mean : change.relative);
    box.append(el('div', {class: 'small'}, verdictCell(change)));
    return box;
  }));
}

// Changes as a forest plot: a mark with its 95 % interval, in per cent of before.
function forest(rows, key) {
  const list = rows.filter((r) => r[key].difference && r[key].relative !== null && r[key].difference.ci95)
    .sort((a, b) => Math.abs(b[key].difference.mean) - Math.abs(a[key].difference.mean)).slice(0, 30);
  if (list.length < 1) return null;
  const width = wideRoom();
  const left = Math.min(340, 0.38 * width, 8 + Math.max(...list.map((r) => textWidth(visible(r.name || '(no name)')))));
  const step = 22;
  const share = (r, v) => 100 * v / r[key].before.mean;
  const ends = list.flatMap((r) => r[key].difference.ci95.map((v) => share(r, v)));
  const reach = Math.min(400, Math.max(1, ...ends.map(Math.abs))) * 1.06;
  const x = (v) => left + 10 + (width - left - 24) * (Math.max(-reach, Math.min(reach, v)) + reach) / (2 * reach);
  const chart = svg('svg', {class: 'chart', role: 'img', viewBox: `0 0 ${width} ${list.length * step + 26}`, 'aria-label': 'Changes of the layers with their 95 % intervals; the table below has the same figures'});
  for (const tick of niceTicks(-reach, reach, width / 130)) {
    chart.append(svg('line', {class: tick === 0 ? 'cursor' : 'gridline', x1: x(tick), x2: x(tick), y1: 0, y2: list.length * step}),
      svg('text', {x: x(tick), y: list.length * step + 16, 'text-anchor': 'middle'}, (tick > 0 ? '+' : '') + axisText(tick) + ' %'));
  }
  list.forEach((r, i) => {
    const y = i * step + step / 2;
    const name = visible(r.name || '(no name)');
    const color = {better: 'var(--good)', worse: 'var(--bad)'}[r[key].verdict] || 'var(--faint)';
    const [low, high] = r[key].difference.ci95.map((v) => x(share(r, v)));
    chart.append(svg('text', {x: left, y: y + 4, 'text-anchor': 'end'}, svg('title', {}, name), shortened(name, left - 4)),
      svg('line', {x1: low, x2: high, y1: y, y2: y, stroke: color, 'stroke-width': 2}),
      svg('circle', {cx: x(share(r, r[key].difference.mean)), cy: y, r: 4, fill: color}));
  });
  return el('figure', {}, chart);
}

function changeTable(comparison, key, unit) {
  const rows = comparison.rows;
  const scale = scaleFor(unit, most(rows.flatMap((r) => [r[key].before && r[key].before.mean, r[key].after && r[key].after.mean])));
  const weight = {worse: 0, better: 1, negligible: 2, no_evidence: 3, unknown: 4};
  const by = {name: (r) => r.name.toLowerCase(), before: (r) => r[key].before && r[key].before.mean, after: (r) => r[key].after && r[key].after.mean,
    change: (r) => r[key].difference && r[key].difference.mean, relative: (r) => r[key].relative, time: (r) => r.time_ms.relative, verdict: (r) => weight[r[key].verdict]};
  const state = {key: 'change', down: true, filter: ''};
  const body = el('tbody', {});
  const columns = [['name', 'Layer'], ['before', `Before, ${scale.unit}`], ['after', `After, ${scale.unit}`], ['change', `Change, ${scale.unit}`], ['relative', 'Change, %'], ['time', 'Time, %'], ['verdict', 'Verdict']];
  // On a phone the change and its verdict have to fit; the rest is a turn of the phone away.
  const less = ['before', 'after', 'time'];
  const heads = columns.map(([id, name]) => el('th', {scope: 'col', class: (id === 'name' || id === 'verdict' ? '' : 'number') + (less.includes(id) ? ' less' : '')}, el('button', {type: 'button', 'data-sort': id,
    onclick: () => { state.down = state.key === id ? !state.down : id !== 'name' && id !== 'verdict'; state.key = id; draw(); }}, name, el('span', {class: 'arrow', 'aria-hidden': 'true'}))));
  const kinds = {nodes: (r) => `${r.before.length} → ${r.after.length} layers, by their ONNX nodes`, group: () => 'cannot be told apart on one side: energies of the whole group',
    only_before: () => 'gone', only_after: () => 'new'};
  const side = (estimate, reason) => el('td', {class: 'number less'}, estimate ? shown(estimate.mean, figure(estimate.mean, scale)) : missing(reason));
  const perCent = (value, also = '') => el('td', {class: 'number' + also}, value === null ? '' : shown(value, signedText(value, (100 * value).toFixed(1))));
  function draw() {
    const get = by[state.key];
    const sign = state.down ? -1 : 1;
    const size = (v) => state.key === 'change' && v !== null ? Math.abs(v) : v;
    const list = rows.filter((r) => !state.filter || [r.name, ...r.before_names, ...r.after_names].some((n) => visible(n).toLowerCase().includes(state.filter)))
      .sort((a, b) => { const p = size(get(a)); const q = size(get(b)); return p === null || q === null ? (p === null) - (q === null) : p < q ? -sign : p > q ? sign : 0; });
    body.replaceChildren(...list.map((r) => el('tr', {}, el('td', {class: 'name'}, el('span', {class: 'text', title: [...r.before_names, '→', ...r.after_names].map(visible).join('\n')}, visible(r.name || '(no name)')),
      kinds[r.matched_by] ? el('span', {class: 'kind'}, kinds[r.matched_by](r)) : null),
    side(r[key].before, r[key].before_reason), side(r[key].after, r[key].after_reason),
    el('td', {class: 'number'}, r[key].difference ? [shown(r[key].difference.mean, signed(r[key].difference.mean, scale)), halfWidth(r[key].difference) === null ? '' : el('span', {class: 'faint'}, ' ± ' + figure(halfWidth(r[key].difference), scale))] : ''),
    perCent(r[key].relative), perCent(r.time_ms.relative, ' less'), el('td', {}, verdictCell(r[key])))));
    columns.forEach(([id], i) => {
      if (id === state.key) heads[i].setAttribute('aria-sort', state.down ? 'descending' : 'ascending'); else heads[i].removeAttribute('aria-sort');
      heads[i].querySelector('.arrow').textContent = id === state.key ? (state.down ? ' ↓' : ' ↑') : '';
    });
  }
  draw();
  return [el('div', {class: 'tools'}, el('input', {type: 'search', placeholder: 'Filter by name', 'aria-label': 'Filter layers by name', oninput: (e) => { state.filter = e.target.value.trim().toLowerCase(); draw(); }})),
    el('div', {class: 'scroll'}, el('table', {}, el('caption', {class: 'unseen'}, 'Layers; the headers sort'), el('thead', {}, el('tr', {}, heads)), body))];
}

(() => {
  const page = document.getElementById('page');
  const label = (text) => visible(String(text).split('/').filter(Boolean).pop() || text);
  const parts = report.comparisons.flatMap((comparison, k) => {
    const id = (name) => (k === 0 ? name : name + '-' + k);
    const [key, figureName, unit] = comparison.rows.some((r) => r.energy_mj.difference) ? FIGURES[1] : FIGURES[0];
    const verdicts = comparison.rows.map((r) => r[key].verdict);
    const tally = ['worse', 'better', 'negligible', 'no_evidence', 'unknown'].map((v) => [v, verdicts.filter((x) => x === v).length]).filter(([, n]) => n);
    const box = panel(id('changes'), `${figureName === 'energy' ? 'Energy' : 'Time'} by layer`, tally.map(([v, n]) => `${n} ${words(v)}`).join(', ') + '. ' +
      `Bars are 95 % intervals of one change (Welch), in per cent of before; verdicts are corrected for all ${verdicts.length} rows together (Holm, ${100 * comparison.alpha} %). A change below ${100 * comparison.min_change} % is negligible.`,
    responsive(() => forest(comparison.rows, key)), changeTable(comparison, key, unit));
    box.classList.add('long');
    return [el('h2', {}, label(report.baseline.label), ' → ', label(comparison.label)), comparison.measured && report.baseline.measured ? null : el('p', {class: 'alarm', role: 'note'}, visible(comparison.power_source)),
      totalCards(comparison), comparison.warnings.length ? panel(id('warnings'), `Warnings (${comparison.warnings.length})`, null, el('ul', {class: 'warnings'},
        comparison.warnings.map((w) => el('li', {}, visible(w.message), ' ', el('code', {}, visible(w.code)), w.hint ? el('div', {class: 'hint'}, visible(w.hint)) : null)))) : null, box,
      panel(id('environment'), 'Environment', null, el('div', {class: 'pair'}, [['before', report.baseline], ['after', comparison]].map(([when, side]) => el('div', {}, el('h2', {}, when),
        factList([['from', side.label], ['power', side.power_source], ['scope', side.scope], ['method', side.method], ['inferences', count(side.iterations)], ...flat(side.device).map(([n, v]) => ['device ' + n, v]),
          ...flat(side.engine).map(([n, v]) => ['engine ' + n, v]), ...side.conditions.map((c) => [c.name, `${plain(c.mean)} ${c.unit}`])])))))];
  });
  const gates = report.gates.length ? panel('gates', 'Gates', null, el('ul', {class: 'warnings'}, report.gates.map((g) => el('li', {class: g.state}, el('strong', {class: g.state === 'failed' ? 'worse' : g.state === 'passed' ? 'better' : ''}, g.state), ' ', el('code', {}, visible(g.gate)), el('div', {class: 'hint'}, visible(g.why)))))) : null;
  page.replaceChildren(el('header', {class: 'top'}, el('div', {}, el('h1', {}, 'Comparison'), el('p', {class: 'meta'}, `baseline: ${visible(report.baseline.label)}`)), themeButton()),
    el('main', {id: 'main', tabindex: '-1'}, [gates, ...parts].filter(Boolean)), el('footer', {}, `layerwatt ${report.layerwatt_version}`));
  document.title = `${label(report.baseline.label)} → ${report.comparisons.map((c) => label(c.label)).join(', ')} – layerwatt`;
})();
