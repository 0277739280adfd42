// What every page is made of. Text from the data reaches the page as text nodes and attributes
// only, never as markup.
const data = JSON.parse(document.getElementById('data').textContent);
const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  for (const child of children.flat(3)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}
const el = (tag, attributes, ...children) =>
  fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

// Control characters and those that turn the direction of the text are shown, not obeyed.
const visible = (text) =>
  String(text).replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (c) => ({'\n': '\\n', '\r': '\\r', '\t': '\\t'}[c] ||
      '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')));
const nameOf = (layer) => (layer.name === '' ? '(no name)' : visible(layer.name));

// ---- numbers -------------------------------------------------------------------------------
const UNITS = {
  ms: [[1e4, 1e-3, 's'], [0.1, 1, 'ms'], [0, 1e3, 'µs']],
  mW: [[1e3, 1e-3, 'W'], [0, 1, 'mW']],
  mJ: [[1e4, 1e-3, 'J'], [0.1, 1, 'mJ'], [0, 1e3, 'µJ']],
};

// One unit and one number of decimals for a whole column, by its largest value.
function scaleFor(unit, largest, digits = 4) {
  const scale = {unit, factor: 1, decimals: 3};
  largest = Math.abs(largest);
  if (!isFinite(largest) || largest === 0) return scale;
  for (const [from, factor, shown] of UNITS[unit] || []) {
    if (largest >= from) {
      scale.unit = shown;
      scale.factor = factor;
      break;
    }
  }
  const magnitude = Math.floor(Math.log10(largest * scale.factor));
  scale.decimals = Math.min(3, Math.max(0, digits - 1 - magnitude));
  return scale;
}
function figure(value, scale) {
  const shown = value * scale.factor;
  const least = Math.pow(10, -scale.decimals);
  if (shown !== 0 && Math.abs(shown) < least / 2) {
    return (shown < 0 ? '>-' : '<') + least.toFixed(scale.decimals);
  }
  return shown.toFixed(scale.decimals);
}
const withUnit = (value, unit, digits = 4) => {
  const scale = scaleFor(unit, value, digits);
  return figure(value, scale) + ' ' + scale.unit;
};
// With its sign, but without one for what is shown as zero.
const signedText = (value, text) => Number(text) === 0 ? text.replace('-', '') : (value > 0 ? '+' : '') + text;
const percent = (share) => figure(share, {factor: 100, decimals: 1});
const plain = (value) => (Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3))
  ? value.toExponential(3) : String(Number(value.toPrecision(4)));
const count = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');

// The stored number stays beside what is shown, for programs and for those who copy.
const shown = (value, text) => el('data', {value: String(value), title: String(value)}, text);

const reasonWords = (code) => (data.reasons && data.reasons[code]) ||
  String(code || 'unknown').replace(/_/g, ' ');
const missing = (code) => el('span', {title: reasonWords(code), class: 'faint missing'}, '–',
  el('span', {class: 'unseen'}, ' not known: ' + visible(reasonWords(code))));
const halfWidth = (estimate) => (estimate && estimate.ci95)
  ? Math.max(estimate.ci95[1] - estimate.mean, estimate.mean - estimate.ci95[0]) : null;

// ---- axes ----------------------------------------------------------------------------------
function niceTicks(low, high, wanted) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const raw = span / wanted;
  const power = Math.pow(10, Math.floor(Math.log10(raw)));
  const step = [1, 2, 5, 10].find((m) => m * power >= raw) * power;
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) {
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return ticks;
}
function logTicks(low, high) {
  const ticks = [];
  const decades = Math.log10(high / low);
  const steps = decades > 4 ? [1] : decades > 1.3 ? [1, 3] : [1, 2, 3, 5, 7];
  for (let d = Math.floor(Math.log10(low)); d <= Math.ceil(Math.log10(high)); ++d) {
    for (const step of steps) {
      const tick = Number((step * Math.pow(10, d)).toPrecision(6));
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks.length > 1 ? ticks : niceTicks(low, high, 4);
}
const axisText = (value) => (Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-4))
  ? value.toExponential(0) : String(Number(value.toPrecision(6)));

// Drawings are as wide as they are shown, so that their text stays readable on a phone.
const roomFor = (most) => Math.max(280, Math.min(most, document.documentElement.clientWidth - (innerWidth > 620 ? 78 : 44)));
const wideRoom = () => roomFor(1180);
const halfRoom = () => innerWidth > 860 ? Math.min(560, Math.max(340, (Math.min(1240, innerWidth) - 140) / 2)) : roomFor(720);

// A frame with both axes: x() and y() map values to the drawing.
function frame({width = halfRoom(), height = 300, x, y, left = 52, right = 14, top = 12, bottom = 38}) {
  const inner = {x: left, y: top, w: width - left - right, h: height - top - bottom};
  const map = (axis, from, size) => axis.log
    ? (v) => from + size * Math.log(v / axis.low) / Math.log(axis.high / axis.low)
    : (v) => from + size * (v - axis.low) / ((axis.high - axis.low) || 1);
  const fx = map(x, inner.x, inner.w);
  const fy = map(y, inner.y + inner.h, -inner.h);
  const chart = svg('svg', {class: 'chart', viewBox: `0 0 ${width} ${height}`});
  const xTicks = x.ticks || (x.log ? logTicks(x.low, x.high)
    : niceTicks(x.low, x.high, Math.max(3, width / 110)));
  const yTicks = y.ticks || (y.log ? logTicks(y.low, y.high) : niceTicks(y.low, y.high, 5));
  for (const tick of yTicks) {
    chart.append(svg('line', {class: 'gridline', x1: inner.x, x2: inner.x + inner.w, y1: fy(tick), y2: fy(tick)}),
      svg('text', {x: inner.x - 7, y: fy(tick) + 4, 'text-anchor': 'end'}, axisText(tick)));
  }
  for (const tick of xTicks) {
    const half = textWidth(axisText(tick)) / 2;
    chart.append(svg('line', {class: 'gridline', x1: fx(tick), x2: fx(tick), y1: inner.y, y2: inner.y + inner.h}),
      svg('text', {x: Math.min(fx(tick), width - half - 1), y: inner.y + inner.h + 16, 'text-anchor': 'middle'}, axisText(tick)));
  }
  chart.append(svg('line', {class: 'axis', x1: inner.x, x2: inner.x + inner.w, y1: inner.y + inner.h, y2: inner.y + inner.h}));
  if (x.title) chart.append(svg('text', {x: inner.x + inner.w, y: height - 5, 'text-anchor': 'end'}, x.title));
  if (y.title) chart.append(svg('text', {x: inner.x + 4, y: inner.y + 4, class: 'strong'}, y.title));
  return {chart, fx, fy, inner, width, height};
}
// Width of a text in a drawing. A font's letters differ too much for a guess by their number.
const pen = document.createElement('canvas').getContext('2d');
function textWidth(text) {
  pen.font = '11.5px system-ui, "Liberation Sans", sans-serif';  // as page.css has it
  return pen.measureText(text).width;
}
function shortened(text, room) {
  if (textWidth(text) <= room) return text;
  let low = 0;
  let high = Math.floor(text.length / 2);
  const cut = (half) => text.slice(0, half) + '…' + (half ? text.slice(-half) : '');
  while (low < high) {
    const half = Math.ceil((low + high) / 2);
    if (textWidth(cut(half)) <= room) low = half; else high = half - 1;
  }
  return cut(low);
}
const path = (points, fx, fy) => {
  let text = '';
  let open = false;
  for (const [px, py] of points) {
    if (py === null || py === undefined) {
      open = false;
      continue;
    }
    text += (open ? 'L' : 'M') + fx(px).toFixed(1) + ' ' + fy(py).toFixed(1);
    open = true;
  }
  return text;
};

// ---- pointing ------------------------------------------------------------------------------
const tip = document.getElementById('tip');
function showTip(text, atX, atY) {
  tip.textContent = text;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(atX + 14, innerWidth - box.width - 8)) + 'px';
  tip.style.top = Math.max(4, atY + 16 + box.height > innerHeight ? atY - box.height - 10 : atY + 16) + 'px';
}
const hideTip = () => { tip.hidden = true; };
const say = (text) => { document.getElementById('said').textContent = text; };

// Points can be reached with the mouse (the nearest one) and with the arrow keys.
function pointable(chart, points, {describe, mark, choose, label}) {
  chart.setAttribute('tabindex', '0');
  chart.setAttribute('role', 'application');
  chart.setAttribute('aria-label', label + ' Arrow keys go from point to point.');
  let at = -1;
  const go = (index, speak, event) => {
    at = index;
    mark(points[at]);
    const text = describe(points[at]);
    if (event) {
      showTip(text, event.clientX, event.clientY);
    } else {
      const box = chart.getBoundingClientRect();
      const scale = box.width / chart.viewBox.baseVal.width;
      showTip(text, box.left + points[at].px * scale, box.top + points[at].py * scale);
    }
    if (speak) say(text);
  };
  const leave = () => { at = -1; mark(null); hideTip(); };
  chart.addEventListener('pointermove', (event) => {
    const box = chart.getBoundingClientRect();
    const scale = chart.viewBox.baseVal.width / box.width;
    const x = (event.clientX - box.left) * scale;
    const y = (event.clientY - box.top) * scale;
    let best = -1;
    let least = 40 * 40;
    points.forEach((p, i) => {
      const d = (p.px - x) * (p.px - x) + (p.alongX ? 0 : (p.py - y) * (p.py - y));
      if (d < least) { least = d; best = i; }
    });
    if (best < 0) leave(); else go(best, false, event);
  });
  chart.addEventListener('pointerleave', leave);
  chart.addEventListener('blur', leave);
  chart.addEventListener('click', () => { if (at >= 0 && choose) choose(points[at]); });
  chart.addEventListener('keydown', (event) => {
    const step = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1}[event.key];
    if (step && points.length) {
      event.preventDefault();
      go(at < 0 ? 0 : (at + step + points.length) % points.length, true);
    } else if (event.key === 'Home' && points.length) { event.preventDefault(); go(0, true);
    } else if (event.key === 'End' && points.length) { event.preventDefault(); go(points.length - 1, true);
    } else if (event.key === 'Enter' && at >= 0 && choose) choose(points[at]);
    else if (event.key === 'Escape') leave();
  });
}

// ---- parts of a page -----------------------------------------------------------------------
const panel = (id, title, lead, ...content) => el('section', {class: 'panel', id, 'aria-labelledby': id + '-title'},
  el('h2', {id: id + '-title'}, title), lead ? el('p', {class: 'lead'}, lead) : null, ...content);
const swatch = (i) => svg('svg', {viewBox: '0 0 10 10', 'aria-hidden': 'true'},
  svg('rect', {width: 10, height: 10, rx: 2, class: 'c' + i}));
const legend = (names) => el('ul', {class: 'legend'}, names.map((name, i) => el('li', {}, swatch(Math.min(i, 7)), visible(name))));
const factList = (facts, wide) => el('dl', {class: wide ? 'facts wide' : 'facts'}, facts.filter(([, value]) => value !== null && value !== undefined && value !== '')
  .map(([key, value]) => [el('dt', {}, visible(key)), el('dd', {}, value instanceof Node ? value : visible(value))])
  .map((pair) => wide ? el('div', {}, pair) : pair));
const card = (title, value, unit, small, exact) => el('div', {class: 'card'}, el('h2', {}, title),
  el('div', {class: 'big' + (unit === null ? ' words' : '')},
    exact === undefined ? value : shown(exact, value), unit ? el('span', {class: 'unit'}, ' ' + unit) : null),
  small ? el('div', {class: 'small'}, small) : null);

// Draws again when the window's width changes. Nothing for a drawing that has nothing to show.
const drawings = [];
let drawnWidth = innerWidth;
let redrawAt = 0;
function responsive(draw) {
  const first = draw();
  if (!first) return null;
  const holder = el('div', {class: 'drawing'}, first);
  drawings.push(() => holder.replaceChildren(draw()));
  return holder;
}
addEventListener('resize', () => {
  clearTimeout(redrawAt);
  redrawAt = setTimeout(() => {
    if (innerWidth === drawnWidth) return;
    drawnWidth = innerWidth;
    drawings.forEach((draw) => draw());
  }, 100);
});

function themeButton() {
  const names = ['auto', 'light', 'dark'];
  let at = 0;
  const button = el('button', {type: 'button', class: 'theme', 'aria-label': 'Colours: as the system has them'}, 'Theme: auto');
  button.addEventListener('click', () => {
    at = (at + 1) % 3;
    if (at === 0) document.documentElement.removeAttribute('data-theme');
    else document.documentElement.setAttribute('data-theme', names[at]);
    button.textContent = 'Theme: ' + names[at];
    button.setAttribute('aria-label', 'Colours: ' + names[at]);
  });
  return button;
}

// Nested values of a description, flat: "inputs.x".
function flat(object, prefix = '') {
  return Object.entries(object || {}).flatMap(([key, value]) => {
    const name = prefix + key.replace(/_/g, ' ');
    if (value === null || value === '') return [];
    if (Array.isArray(value)) return [[name, value.every((v) => typeof v !== 'object') ? value.join(' × ') : JSON.stringify(value)]];
    if (typeof value === 'object') return flat(value, name + ' ');
    return [[name, typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)]];
  });
}
