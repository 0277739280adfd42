// Energy by layer: a table with bars that can be sorted and filtered. Groups are rows whose members
// stand below them, since only the sum of a group is known.
const FIRST_ROWS = 25;
const ROWS_AT_ONCE = 150;  // what a click may wait for
const byEnergy = result.layers.some((l) => l.energy_mj);
const typeNames = (() => {
  const weight = new Map();
  for (const l of result.layers) {
    const value = byEnergy ? (l.energy_mj ? l.energy_mj.mean : 0) : (l.time_ms ? l.time_ms.mean : 0);
    weight.set(l.type || 'no type', (weight.get(l.type || 'no type') || 0) + value);
  }
  return [...weight].sort((a, b) => b[1] - a[1]);
})();
const typeColor = new Map(typeNames.map(([name], i) => [name, Math.min(i, 7)]));

// Layers that stand alone, groups, and the time outside layers: what shares an inference's energy.
const items = (() => {
  const list = [];
  for (const layer of result.layers) {
    if (layer.group !== null) continue;
    list.push({kind: 'layer', id: 'layer-' + layer.index, order: layer.index, name: nameOf(layer), type: layer.type || '',
      time: layer.time_ms, energy: layer.energy_mj, power: layer.power_mw, samples: layer.samples,
      reason: layer.energy_mj_reason, timeReason: layer.time_ms_reason, layer, layers: [layer]});
  }
  result.groups.forEach((group, k) => {
    const members = group.layers.map((i) => result.layers[i]);
    const time = members.every((m) => m.time_ms) ? {mean: members.reduce((s, m) => s + m.time_ms.mean, 0)} : null;
    const power = group.energy_mj && time && time.mean > 0 ? {mean: group.energy_mj.mean * 1000 / time.mean} : null;
    list.push({kind: 'group', id: 'group-' + k, order: Math.min(...group.layers), type: '', time, power, energy: group.energy_mj,
      name: `Group of ${members.length}: ${nameOf(members[0])}${members.length > 1 ? ' … ' + nameOf(members[members.length - 1]) : ''}`,
      samples: null, reason: group.energy_mj_reason, layers: members, open: false});
  });
  const outside = result.outside_layers;
  if (outside.time_ms || outside.energy_mj) {
    list.push({kind: 'outside', id: 'outside', order: 1e12, name: 'outside layers', type: 'launches, copies, gaps', time: outside.time_ms,
      energy: outside.energy_mj, power: outside.power_mw, samples: null, reason: outside.energy_mj_reason, layers: []});
  }
  const value = (item) => byEnergy ? (item.energy ? item.energy.mean : 0) : (item.time ? item.time.mean : 0);
  const whole = byEnergy ? (totalEnergy ? totalEnergy.mean : 0) : (result.total.time_ms ? result.total.time_ms.mean : 0);
  let sum = 0;
  [...list].sort((a, b) => value(b) - value(a)).forEach((item, rank) => {
    sum += value(item);
    item.rank = rank + 1;
    item.share = whole > 0 ? value(item) / whole : null;
    item.cumulative = whole > 0 ? sum / whole : null;
  });
  return list;
})();

function layerTable() {
  const largest = (get) => items.reduce((most, item) => Math.max(most, get(item) ? get(item).mean : 0), 0);
  const energyScale = scaleFor('mJ', largest((i) => i.energy));
  const timeScale = scaleFor('ms', largest((i) => i.time));
  const powerScale = scaleFor('mW', largest((i) => i.power));
  const barValue = (item) => byEnergy ? item.energy : item.time;
  const barMost = items.reduce((most, item) => {
    const value = barValue(item);
    return value ? Math.max(most, value.mean, value.ci95 ? Math.min(value.ci95[1], value.mean * 2) : 0) : most;
  }, 0) || 1;

  function bar(value) {
    if (!value) return null;
    const at = (v) => Math.max(0, Math.min(100, 100 * v / barMost));
    const parts = [svg('rect', {class: 'bar-fill', x: 0, y: 2.5, width: Math.max(at(value.mean), 0.3), height: 12, rx: 0.8})];
    if (value.ci95) {
      const [lo, hi] = value.ci95.map(at);
      parts.push(svg('path', {class: 'bar-line', d: `M${lo} 8.5H${hi}M${lo} 5V12M${hi} 5V12`}));
    }
    return svg('svg', {viewBox: '0 0 100 17', preserveAspectRatio: 'none', 'aria-hidden': 'true'}, parts);
  }
  const number = (value, scale, reason) => value ? shown(value.mean, figure(value.mean, scale)) : missing(reason);
  const interval = (item) => {
    const half = halfWidth(item.energy);
    return half === null ? (item.energy ? missing('no_interval') : '') : el('data', {value: String(half), title: item.energy.ci95.join(' … ')}, figure(half, energyScale));
  };
  const columns = [
    {key: 'order', title: '#', number: true, less: true, get: (i) => i.order, cell: (i) => i.kind === 'layer' ? String(i.layer.index) : ''},
    {key: 'name', title: 'Layer', get: (i) => i.name.toLowerCase(), up: true, cell: (i) => i.name},
    {key: 'bar', title: '', bar: true},
    {key: 'energy', title: `Energy, ${energyScale.unit}`, number: true, get: (i) => i.energy && i.energy.mean, cell: (i) => number(i.energy, energyScale, i.reason)},
    {key: 'interval', title: '± 95 %', number: true, less: true, get: (i) => halfWidth(i.energy), cell: interval},
    {key: 'share', title: 'Share, %', number: true, get: (i) => i.share, cell: (i) => i.share === null ? '' : percent(i.share)},
    {key: 'cumulative', title: 'Sum, %', number: true, less: true, get: (i) => i.cumulative, up: true, cell: (i) => i.cumulative === null ? '' : percent(i.cumulative)},
    {key: 'time', title: `Time, ${timeScale.unit}`, number: true, get: (i) => i.time && i.time.mean, cell: (i) => number(i.time, timeScale, i.timeReason)},
    {key: 'power', title: `Power, ${powerScale.unit}`, number: true, less: true, get: (i) => i.power && i.power.mean, cell: (i) => number(i.power, powerScale, i.layer ? i.layer.power_mw_reason : i.reason)},
    {key: 'samples', title: 'Readings', number: true, less: true, get: (i) => i.samples, cell: (i) => i.samples === null ? '' : String(i.samples)},
  ].filter((c) => byEnergy || !['energy', 'interval', 'power', 'samples'].includes(c.key));

  const state = {key: byEnergy ? 'energy' : 'time', down: true, filter: '', type: '', all: false};
  const body = el('tbody', {});
  const counter = el('span', {class: 'count', role: 'status'});
  const more = el('button', {type: 'button', onclick: () => { state.all = true; draw(); }});
  const heads = columns.map((column) => {
    if (column.bar) return el('th', {scope: 'col', 'aria-label': byEnergy ? 'energy as a bar with its interval' : 'time as a bar'});
    const head = el('th', {scope: 'col', class: (column.number ? 'number' : '') + (column.less ? ' less' : '')});
    head.append(el('button', {type: 'button', 'data-sort': column.key, onclick: () => {
      state.down = state.key === column.key ? !state.down : !(column.up || column.key === 'order');
      state.key = column.key;
      draw();
    }}, column.title, el('span', {'aria-hidden': 'true', class: 'arrow'})));
    return head;
  });

  function row(item) {
    const cells = columns.map((column) => {
      if (column.bar) return el('td', {class: 'bar'}, bar(barValue(item)));
      const cell = el('td', {class: (column.number ? 'number' : column.key) + (column.less ? ' less' : '')});
      if (column.key === 'name') {
        if (item.kind === 'group') {
          cell.append(el('button', {type: 'button', 'aria-expanded': String(item.open), 'aria-label': (item.open ? 'hide' : 'show') + ' the members of the group',
            onclick: () => { item.open = !item.open; draw(true); const again = document.getElementById(item.id); if (again) again.querySelector('button').focus(); }}, item.open ? '−' : '+'));
        }
        cell.append(item.kind === 'group' ? el('span', {}, item.name) : el('span', {class: 'text'}, item.name));
        const kind = [item.type && visible(item.type), item.layer && item.layer.precision && visible(item.layer.precision)].filter(Boolean).join(', ');
        if (kind) cell.append(el('span', {class: 'kind'}, kind));
        if (item.kind === 'group') cell.append(el('span', {class: 'kind'}, 'the power data cannot tell these layers apart: believe the sum'));
      } else {
        const content = column.cell(item);
        cell.append(content === null ? '' : content);
      }
      return cell;
    });
    return el('tr', {id: item.id, class: item.kind, tabindex: '-1'}, cells);
  }
  function memberRow(layer) {
    const item = {layer, kind: 'member', name: nameOf(layer), time: layer.time_ms, energy: layer.energy_mj && {mean: layer.energy_mj.mean}, power: null, share: null, cumulative: null, samples: layer.samples};
    return el('tr', {class: 'member', id: 'layer-' + layer.index}, columns.map((column) => {
      if (column.bar) return el('td', {class: 'bar'});
      const cell = el('td', {class: (column.number ? 'number' : column.key) + (column.less ? ' less' : '')});
      if (column.key === 'order') cell.append(String(layer.index));
      else if (column.key === 'name') cell.append(item.name, el('span', {class: 'kind'}, [layer.type && visible(layer.type), 'energy shared out by time'].filter(Boolean).join(', ')));
      else if (column.key === 'energy') cell.append(item.energy ? el('span', {}, '(', shown(item.energy.mean, figure(item.energy.mean, energyScale)), ')') : '');
      else if (column.key === 'time') cell.append(number(item.time, timeScale, layer.time_ms_reason));
      else if (column.key === 'samples') cell.append(String(layer.samples));
      return cell;
    }));
  }
  const matches = (item) => {
    const typed = !state.type || item.layers.some((l) => (l.type || 'no type') === state.type);
    return typed && (!state.filter || (item.name + ' ' + item.type).toLowerCase().includes(state.filter) ||
      item.layers.some((l) => (nameOf(l) + ' ' + visible(l.type || '')).toLowerCase().includes(state.filter)));
  };
  // Rows of layers never change, so that sorting two thousand of them only moves them.
  const made = new Map();
  function rowOf(item) {
    if (item.kind === 'group') return row(item);
    if (!made.has(item)) made.set(item, row(item));
    return made.get(item);
  }
  let drawing = 0;
  function show(list, whole) {
    const now = ++drawing;
    const from = (begin) => {
      if (now !== drawing) return;
      const end = whole ? list.length : Math.min(list.length, begin + ROWS_AT_ONCE);
      const rows = document.createDocumentFragment();
      for (const item of list.slice(begin, end)) {
        rows.append(rowOf(item));
        if (item.kind === 'group' && item.open) item.layers.forEach((l) => rows.append(memberRow(l)));
      }
      if (begin === 0) body.replaceChildren(rows); else body.append(rows);
      if (end < list.length) requestAnimationFrame(() => setTimeout(() => from(end), 0));
    };
    from(0);
  }
  function draw(whole = false) {
    const column = columns.find((c) => c.key === state.key);
    const sign = state.down ? -1 : 1;
    const known = (v) => v !== null && v !== undefined;
    const list = items.filter(matches).sort((a, b) => {
      const x = column.get(a);
      const y = column.get(b);
      if (!known(x) || !known(y)) return known(x) ? -1 : known(y) ? 1 : a.order - b.order;  // unknown last
      return x < y ? -sign : x > y ? sign : a.order - b.order;
    });
    const upTo = state.all ? list.length : Math.min(FIRST_ROWS, list.length);
    show(list.slice(0, upTo), whole);
    columns.forEach((c, i) => {
      if (c.bar) return;
      const sorted = c.key === state.key;
      if (sorted) heads[i].setAttribute('aria-sort', state.down ? 'descending' : 'ascending');
      else heads[i].removeAttribute('aria-sort');
      heads[i].querySelector('.arrow').textContent = sorted ? (state.down ? ' ↓' : ' ↑') : '';
    });
    const share = list.reduce((s, i) => s + (i.share || 0), 0);
    counter.textContent = `${upTo} of ${items.length} rows, ${percent(list.slice(0, upTo).reduce((s, i) => s + (i.share || 0), 0))} % of the ${byEnergy ? 'energy' : 'time'}` +
      (list.length < items.length ? `; ${list.length} match (${percent(share)} %)` : '');
    more.parentElement.hidden = upTo === list.length;
    more.textContent = `Show all ${count(list.length)}`;
  }
  const holder = el('p', {class: 'more'}, more);
  const section = panel('layers', byEnergy ? 'Energy by layer' : 'Time by layer',
    byEnergy ? 'What one inference costs, layer by layer. ' + (items.some((i) => i.energy && i.energy.ci95)
      ? 'Whiskers are 95 % intervals: a layer whose interval is wide is not known better than that.' : 'No layer has an interval; the warnings say why.')
      : 'Without power readings there are times only.',
    el('div', {class: 'tools'},
      el('input', {type: 'search', placeholder: 'Filter by name or type', 'aria-label': 'Filter layers by name or type',
        oninput: (e) => { state.filter = e.target.value.trim().toLowerCase(); draw(); }}),
      typeNames.length > 1 ? el('select', {'aria-label': 'Type of layer', onchange: (e) => { state.type = e.target.value; draw(); }},
        el('option', {value: ''}, 'all types'), typeNames.map(([name]) => el('option', {value: name}, visible(name)))) : null, counter),
    el('div', {class: 'scroll'}, el('table', {}, el('caption', {class: 'unseen'}, 'Layers; the headers sort'), el('thead', {}, el('tr', {}, heads)), body)), holder);
  section.classList.add('long');
  draw();
  section.reveal = (item) => {
    state.filter = ''; state.type = ''; state.all = true;
    section.querySelectorAll('input,select').forEach((field) => { field.value = ''; });
    draw(true);
    const target = document.getElementById(item.id);
    document.querySelectorAll('tr.marked').forEach((r) => r.classList.remove('marked'));
    if (target) { target.classList.add('marked'); target.scrollIntoView({block: 'center'}); target.focus({preventScroll: true}); }
  };
  return section;
}
