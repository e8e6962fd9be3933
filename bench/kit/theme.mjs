/** Each colour on a light page, and on a dark one. */
export const inks = {
  page: ['#ffffff', '#0d1117'],
  text: ['#1f2328', '#e6edf3'],
  quiet: ['#59636e', '#9198a1'],
  grid: ['#dde2e7', '#2d333b'],
  blue: ['#0969da', '#58a6ff'],
  sky: ['#54aeff', '#9ecbff'],
  violet: ['#8250df', '#bc8cff'],
  orange: ['#bc4c00', '#f0883e'],
  amber: ['#d4a72c', '#e3b341'],
  red: ['#cf222e', '#ff7b72'],
  green: ['#1a7f37', '#3fb950'],
  grey: ['#8c959f', '#6e7681'],
};

/** @param {keyof typeof inks} name */
export const ink = (name) => inks[name][0] ?? '';

export const font = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

/** Of a character, in sizes of the font: a little more than the mean of those above. */
export const characterWidth = 0.58;

/** What all pictures share, as a configuration of Vega-Lite. */
export const config = {
  background: ink('page'),
  font,
  padding: 16,
  title: {
    anchor: 'start',
    color: ink('text'),
    fontSize: 15,
    fontWeight: 600,
    subtitleColor: ink('quiet'),
    subtitleFontSize: 12,
    offset: 14,
    subtitlePadding: 5,
  },
  axis: {
    labelColor: ink('quiet'),
    titleColor: ink('quiet'),
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    gridColor: ink('grid'),
    domainColor: ink('grid'),
    tickColor: ink('grid'),
  },
  legend: { labelColor: ink('text'), labelFontSize: 12, title: null, symbolStrokeWidth: 2.5, labelLimit: 0, rowPadding: 5 },
  view: { stroke: null },
};

/** The picture with its dark colours, taken where the reader's system is dark; its text, so that a picture that is not needed stays as it is. @param {string} svg */
export function withDarkColours(svg) {
  const rules = Object.values(inks).flatMap(([light, dark]) => [
    `[fill="${light}"]{fill:${dark}}`,
    `[stroke="${light}"]{stroke:${dark}}`,
  ]);
  const style = `<style>@media (prefers-color-scheme:dark){${rules.join('')}}</style>`;
  return `${svg.replace(/<svg[^>]*>/, (head) => `${head}${style}`)}\n`;
}
