// The head of a result's page: what was run, the figures of one inference, warnings.
const result = data.result;
const engine = result.engine || {};
const device = result.device || {};
const hasEnergy = Boolean(result.total.energy_mj || result.energy_mj);
const totalEnergy = result.total.energy_mj || result.energy_mj;

function title() {
  const model = engine.model || engine.spec || engine.name || 'a network';
  return visible(String(model).split('/').pop());
}

// The batch is the first dimension of the inputs, where they agree on one.
function batchSize() {
  if (Number.isInteger(engine.batch)) return engine.batch;
  const shapes = Object.values(engine.inputs || {}).filter((s) => Array.isArray(s) && s.length > 1);
  const first = shapes.map((s) => s[0]);
  return first.length && first.every((n) => n === first[0] && Number.isInteger(n) && n > 0) ? first[0] : null;
}

function plusMinus(estimate, scale) {
  const half = halfWidth(estimate);
  return half === null ? 'no interval' : '± ' + figure(half, scale) + ' ' + scale.unit + ' (95 %)';
}

function cards() {
  const list = [];
  const time = result.total.time_ms;
  const power = result.power_draw_mw;
  if (time) {
    const scale = scaleFor('ms', time.mean);
    list.push(card('Latency', figure(time.mean, scale), scale.unit,
      [`median ${figure(time.median, scale)}, p99 ${figure(time.p99, scale)} ${scale.unit}`], time.mean));
    list.push(card('Throughput', plain(1000 / time.mean), 'inferences/s', 'one after the other'));
  } else {
    list.push(card('Latency', missing(result.total.time_ms_reason), null));
  }
  if (totalEnergy) {
    const scale = scaleFor('mJ', totalEnergy.mean);
    list.push(card('Energy per inference', figure(totalEnergy.mean, scale), scale.unit, plusMinus(totalEnergy, scale), totalEnergy.mean));
    const batch = batchSize();
    const perFrame = totalEnergy.mean / 1000 / (batch || 1);
    list.push(card('Energy per frame', plain(perFrame), 'J', batch
      ? `${batch} frame${batch === 1 ? '' : 's'} an inference; ${plain(1 / perFrame)} a joule`
      : `taking an inference as one frame; ${plain(1 / perFrame)} a joule`));
  } else {
    list.push(card('Energy per inference', missing(result.total.energy_mj_reason || 'no_power'), null, reasonWords(result.total.energy_mj_reason)));
  }
  if (power) {
    const scale = scaleFor('mW', power.mean);
    list.push(card('Average power', figure(power.mean, scale), scale.unit, plusMinus(power, scale), power.mean));
    list.push(card('Peak power', figure(power.max, scale), scale.unit, `highest of ${count(power.count)} readings inside inferences`, power.max));
  }
  if (time && totalEnergy) {
    list.push(card('Energy-delay product', plain(totalEnergy.mean * time.mean), 'mJ·ms', 'energy × latency; lower is better'));
  }
  const scope = result.sensor.scope;
  list.push(card('What a joule covers', scope ? visible(scope) : 'not known', null,
    result.sensor.measured ? `measured by ${visible(result.sensor.kind)}; idle power is included` : visible(data.power_source)));
  return el('div', {class: 'cards', id: 'summary', role: 'group', 'aria-label': 'Summary'}, list);
}

function head() {
  const meta = [device.name, engine.name && [engine.name, engine.version].filter(Boolean).join(' '), engine.precision,
    `${count(result.iterations)} inference${result.iterations === 1 ? '' : 's'}`, data.run && data.run.created,
    data.run && data.run.stopped && data.run.stopped !== 'done' ? data.run.stopped : null];
  return [
    el('header', {class: 'top'}, el('div', {}, el('h1', {}, title()),
      el('p', {class: 'meta'}, meta.filter(Boolean).map(visible).join(' · '))), themeButton()),
    result.sensor.measured ? null : el('p', {class: 'alarm', role: 'note'}, visible(data.power_source)),
  ];
}

function warnings() {
  if (!result.warnings.length) return panel('warnings', 'Warnings', 'None.');
  return panel('warnings', `Warnings (${result.warnings.length})`, null, el('ul', {class: 'warnings'},
    result.warnings.map((w) => el('li', {}, visible(w.message), ' ', el('code', {}, visible(w.code)),
      w.hint ? el('div', {class: 'hint'}, visible(w.hint)) : null))));
}
