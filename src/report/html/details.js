// How the figures came about: sensor, method, closure, environment.
function sensorAndMethod() {
  const s = result.sensor;
  const ms = (value) => value === null || value === undefined ? 'not known' : plain(value) + ' ms';
  const closure = result.closure;
  return panel('method', 'Sensor and method', null, factList([
    ['power', data.power_source],
    ['scope', s.scope || 'not known'],
    ['period', ms(s.period_ms)], ['window', ms(s.window_ms)], ['latency', ms(s.latency_ms)],
    ['time constant', ms(s.time_constant_ms)], ['error of stamps', ms(s.timestamp_error_ms)],
    ['notes', s.notes],
    ['method', result.method + (result.method_reason ? ': ' + result.method_reason : '')],
    ['closure', closure ? `layers and the time outside add up to ${withUnit(closure.layers_plus_outside_mj, 'mJ')}, the sensor saw ${withUnit(closure.measured_mj, 'mJ')}: ${percent(closure.ratio)} %`
      : 'not known: ' + reasonWords(result.closure_reason)],
    ...(result.idle && result.idle.power_mw && result.total.active_energy_mj ? [['active energy',
      `${withUnit(result.total.active_energy_mj.mean, 'mJ')} an inference beyond the idle device, which draws ${withUnit(result.idle.power_mw.mean, 'mW')}`]] : []),
    ...(s.calibrated ? [['calibrated on', s.calibrated]] : []),
    ['intervals', '95 % of the mean. They say nothing about a bias that every repetition shares, such as the gain of the sensor.'],
  ]));
}
function environment() {
  const run = data.run || {};
  return panel('environment', 'Environment', null, factList([
    ...flat(device).map(([k, v]) => ['device ' + k, v]), ...flat(engine).map(([k, v]) => ['engine ' + k, v]),
    ...(result.conditions || []).map((c) => [c.name, `${plain(c.mean)} ${c.unit} on average, ${plain(c.min)} to ${plain(c.max)}`]),
    ['inferences', count(result.iterations)], ['recorded', run.created], ['ended', run.stopped], ['layerwatt', result.layerwatt_version],
  ], true));
}
