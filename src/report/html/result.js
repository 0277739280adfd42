// The page of one result.
(() => {
  const table = layerTable();
  const reveal = (item) => table.reveal(item);
  const pair = (...parts) => {
    const there = parts.filter(Boolean);
    return there.length > 1 ? el('div', {class: 'pair'}, there) : there;
  };
  const parts = [table, pair(responsive(() => scatter(reveal)), responsive(() => cumulative(reveal))), responsive(wholeRun), responsive(closeUp),
    pair(responsive(rails), responsive(types)), pair(warnings(), sensorAndMethod()), environment()].flat().filter(Boolean);
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
  document.title = `${title()} – layerwatt`;
})();
