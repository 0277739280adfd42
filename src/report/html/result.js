// The page of one result.
(() => {
  const table = layerTable();
  const reveal = (item) => table.reveal(item);
  const pair = (...parts) => {
    const there = parts.filter(Boolean);
    return there.length > 1 ? el('div', {class: 'pair'}, there) : there;
  };
  const drawings = {scatter: () => scatter(reveal), cumulative: () => cumulative(reveal), timeline: wholeRun, closeup: closeUp, rails, types};
  const parts = [table, pair(drawings.scatter(), drawings.cumulative()), wholeRun(), closeUp(), pair(rails(), types()),
    pair(warnings(), sensorAndMethod()), environment()].flat().filter(Boolean);
  const links = [['layers', 'Layers'], ['scatter', 'Time against power'], ['cumulative', 'What first'], ['timeline', 'The run'], ['closeup', 'Close-up'],
    ['rails', 'Rails'], ['types', 'Types'], ['warnings', result.warnings.length ? `Warnings (${result.warnings.length})` : 'Warnings'], ['method', 'Method'], ['environment', 'Environment']];
  const page = document.getElementById('page');
  page.replaceChildren(...[head()].flat().filter(Boolean), el('nav', {class: 'jump', 'aria-label': 'Parts of this page'}), el('main', {id: 'main', tabindex: '-1'}, cards(), parts),
    el('footer', {}, `layerwatt ${result.layerwatt_version}. All figures are those of the JSON result, which is in this page. `,
      el('button', {type: 'button', onclick: () => {
        const link = el('a', {download: 'result.json', href: URL.createObjectURL(new Blob([JSON.stringify(result, null, 1)], {type: 'application/json'}))});
        link.click();
      }}, 'Save as JSON')));
  page.querySelector('nav.jump').append(...links.filter(([id]) => document.getElementById(id)).map(([id, name]) => el('a', {href: '#' + id}, name)));
  let width = innerWidth;
  let waiting = 0;
  addEventListener('resize', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (innerWidth === width) return;
      width = innerWidth;
      for (const [id, draw] of Object.entries(drawings)) {
        const before = document.getElementById(id);
        if (before) before.replaceWith(draw());
      }
    }, 100);
  });
  document.title = `${title()} – layerwatt`;
})();
