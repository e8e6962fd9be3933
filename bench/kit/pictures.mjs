import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, textMetrics, View } from 'vega';
import { compile } from 'vega-lite';
import { lineTitles, limitsOf, modeTitle, rowsOfOthers } from './growth.mjs';
import { partsOf, stepParts } from './parts.mjs';
import { root } from './root.mjs';
import { bestOf } from './rounds.mjs';
import { characterWidth, config, ink, withDarkColours } from './theme.mjs';

/**
 * @typedef {import('./growth.mjs').Point} Point
 *
 * @typedef {object} Measurements
 * @property {import('../speeds.js').Speeds} speeds
 * @property {Partial<Record<string, readonly Point[]>>} sections
 * @property {readonly (Point & { rows: number, shares: Readonly<Record<string, number>> })[]} steps
 *
 * @typedef {Measurements & { machine: import('./machine.mjs').Machine, rounds: number }} Growth
 *
 * @typedef {{ line: string, x: number, y: number }} Dot
 */

const [width, height] = [560, 300];
const productsLimit = 'limit: multiply-adds';
const bytesLimit = 'limit: bytes';
const exactLimit = 'limit of exact Adam: bytes';
const tableLines = { [lineTitles.lazy]: 'tables and moments, 6 × 32', [lineTitles.narrow]: 'tables and moments, 1 × 16' };

/** @type {readonly (readonly [title: string, colour: keyof typeof import('./theme.mjs').inks, dash?: readonly number[]])[]} */
const lineStyles = [
  [lineTitles.lazy, 'blue'],
  [lineTitles.narrow, 'sky'],
  [lineTitles.exact, 'violet'],
  [modeTitle('dense'), 'orange'],
  [modeTitle('compiled'), 'red'],
  [modeTitle('sparse'), 'amber'],
  [lineTitles.cross, 'blue'],
  [lineTitles.deep, 'violet'],
  ['batch 128', 'sky'],
  ['batch 512', 'blue'],
  ['batch 2,048', 'violet'],
  ['batch 8,192', 'orange'],
  ['as many times as workers', 'grey', [5, 4]],
  ...Object.values(tableLines).map(
    (title, i) =>
      /** @type {const} */ ([
        title,
        'grey',
        [
          [5, 4],
          [1, 3],
        ][i] ?? [],
      ]),
  ),
  [productsLimit, 'grey', [5, 4]],
  [bytesLimit, 'grey', [1, 3]],
  [exactLimit, 'grey', [1, 3]],
];

/** @param {readonly Point[]} points @returns {Dot[]} */
const dotsOf = (points) => points.map(({ line, x, measured }) => ({ line, x, y: bestOf(measured) ?? NaN }));

/** @param {readonly Point[]} points of one line @param {Measurements} growth @param {'products' | 'bytes'} which @param {string} line @returns {Dot[]} */
const limitDots = (points, { speeds }, which, line) =>
  points.map((point) => ({ line, x: point.x, y: limitsOf(point, speeds)[which] }));

/**
 * Lines over a logarithmic or a plain axis.
 * @param {{ title: string, subtitle: string, x: object, y: object, dots: readonly Dot[], xScale?: object, yScale?: object }} picture
 */
function lines({ title, subtitle, x, y, dots, xScale = { type: 'log' }, yScale }) {
  const ticks = logTicks(dots);
  const shown = lineStyles.filter(([name]) => dots.some(({ line }) => line === name));
  const domain = shown.map(([name]) => name);
  const colour = { field: 'line', type: 'nominal', sort: domain, scale: { domain, range: shown.map(([, name]) => ink(name)) } };
  const dash = {
    field: 'line',
    type: 'nominal',
    sort: domain,
    scale: { domain, range: shown.map(([, , pattern = [1, 0]]) => pattern) },
  };
  const measured = shown.flatMap(([name, , pattern]) => (pattern ? [] : [name]));
  return {
    title: { text: title, subtitle },
    description: `${title}. ${subtitle}`,
    width,
    height,
    data: { values: dots },
    encoding: {
      x: { field: 'x', type: 'quantitative', scale: { nice: false, ...xScale }, axis: { grid: false, labelFlush: false, ...x } },
      y: {
        field: 'y',
        type: 'quantitative',
        scale: yScale ?? { type: 'log', domain: ticks.domain, nice: false },
        axis: { domain: false, ticks: false, labelPadding: 8, ...(yScale ? {} : { values: ticks.values }), ...y },
      },
      color: { ...colour, legend: lineLegend },
      strokeDash: { ...dash, legend: lineLegend },
    },
    layer: [
      { mark: { type: 'line', strokeWidth: 2.25, strokeCap: 'round', strokeJoin: 'round' } },
      {
        transform: [{ filter: { field: 'line', oneOf: measured } }],
        mark: { type: 'point', filled: true, size: 34, opacity: 1 },
        encoding: { strokeDash: { value: [1, 0] } },
      },
    ],
  };
}

const lineLegend = { orient: 'right', offset: 14, symbolType: 'stroke', symbolSize: 300 };

/** Ticks of a logarithmic axis: 1, 3, 10, 30 and so on between the least and the most. @param {readonly Dot[]} dots */
function logTicks(dots) {
  const ys = dots.map(({ y }) => y).filter((y) => y > 0);
  const [least, most] = [Math.min(...ys), Math.max(...ys)];
  const decades = Array.from({ length: 12 }, (_, i) => 10 ** (i - 6));
  const values = decades.flatMap((decade) => [decade, 3 * decade]);
  const from = values.findLast((value) => value <= least) ?? least;
  const to = values.find((value) => value >= most) ?? most;
  return { domain: [from, to], values: values.filter((value) => value >= from && value <= to) };
}

const milliseconds = { title: 'milliseconds a step', format: '~g' };
const usualModel = 'One cross layer, mlp [192, 192]';
const grouped = (/** @type {number} */ value) => value.toLocaleString('en-US');

/** @type {Record<string, (growth: Measurements) => object>} */
const pictures = {
  vocabulary: (growth) => {
    const points = growth.sections.vocabulary ?? [];
    const lazy = points.filter(({ line }) => line === lineTitles.lazy);
    const exact = points.filter(({ line }) => line === lineTitles.exact);
    return lines({
      title: 'Step time against vocabulary',
      subtitle: `${usualModel}, batch 512`,
      x: { title: 'rows of each table', format: '~s', values: [1e3, 1e4, 1e5, 1e6, 1e7] },
      y: milliseconds,
      dots: [
        ...dotsOf(points),
        ...limitDots(lazy, growth, 'products', productsLimit),
        ...limitDots(exact, growth, 'bytes', exactLimit),
      ],
    });
  },
  batch: (growth) => {
    const points = growth.sections.batch ?? [];
    const lazy = points.filter(({ line }) => line === lineTitles.lazy);
    return lines({
      title: 'Step time against batch',
      subtitle: `${usualModel}, six tables of ${grouped(rowsOfOthers)} rows`,
      x: { title: 'rows of a batch', format: '~d', values: lazy.map(({ x }) => x) },
      xScale: { type: 'log', base: 2 },
      y: milliseconds,
      dots: [
        ...dotsOf(points),
        ...limitDots(lazy, growth, 'products', productsLimit),
        ...limitDots(lazy, growth, 'bytes', bytesLimit),
      ],
    });
  },
  depth: (growth) => {
    const points = growth.sections.depth ?? [];
    const of = (/** @type {string} */ title) => points.filter(({ line }) => line === title);
    return lines({
      title: 'Step time against depth',
      subtitle: `Layers of width 192 alone, batch 512, six tables of ${grouped(rowsOfOthers)} rows`,
      x: { title: 'layers', format: 'd', values: [1, 2, 3, 4, 5, 6] },
      y: milliseconds,
      xScale: { zero: false, domain: [1, 6] },
      yScale: { zero: true },
      dots: [...dotsOf(points), ...limitDots(of(lineTitles.cross), growth, 'products', productsLimit)],
    });
  },
  workers: ({ sections: { workers: points = [] } }) => {
    const alone = new Map(points.filter(({ x }) => x === 1).map(({ line, measured }) => [line, bestOf(measured) ?? NaN]));
    const most = Math.max(...points.map(({ x }) => x));
    const ideal = points
      .filter(({ line }) => line === points[0]?.line)
      .map(({ x }) => ({ line: 'as many times as workers', x, y: x }));
    return lines({
      title: 'Speed against workers',
      subtitle: `${usualModel}, six tables of ${grouped(rowsOfOthers)} rows; one worker counts as 1`,
      x: { title: 'most workers', format: 'd', values: ideal.map(({ x }) => x) },
      y: { title: 'times as fast as one worker', format: '~g' },
      xScale: { domain: [1, most] },
      yScale: { zero: false },
      dots: [...dotsOf(points).map((dot) => ({ ...dot, y: (alone.get(dot.line) ?? NaN) / dot.y })), ...ideal],
    });
  },
  memory: ({ sections: { vocabulary = [] } }) => {
    const gigabyte = 1e9;
    const held = vocabulary.flatMap(({ line, x, memory }) =>
      memory !== undefined && (line === lineTitles.lazy || line === lineTitles.narrow) ? [{ line, x, y: memory / gigabyte }] : [],
    );
    const tables = vocabulary.flatMap(({ line, x, tableBytes = 0 }) => {
      const title = tableLines[line];
      return title === undefined ? [] : [{ line: title, x, y: tableBytes / gigabyte }];
    });
    return lines({
      title: 'Memory against vocabulary',
      subtitle: 'Most that the whole process held, and what the tables with their two moments take of it',
      x: { title: 'rows of each table', format: '~s', values: [1e3, 1e4, 1e5, 1e6, 1e7] },
      y: { title: 'GB', format: '~g' },
      dots: [...held, ...tables],
    });
  },
  step: (growth) => stepPicture(growth),
};

/** @type {Record<string, readonly [title: string, colour: keyof typeof import('./theme.mjs').inks]>} */
const partStyles = {
  gather: ['gather rows', 'green'],
  products: ['products', 'blue'],
  'one by one': ['kernels element by element', 'sky'],
  sums: ['kernels that sum', 'violet'],
  copies: ['kernels that copy', 'amber'],
  call: ['calls, weights in and gradients out', 'grey'],
  merge: ['merge rows', 'orange'],
  clip: ['norms', 'quiet'],
  update: ['update', 'red'],
  wait: ['wait for other workers', 'grid'],
};

/** @param {Measurements} growth */
function stepPicture({ steps, speeds }) {
  const name = (/** @type {typeof steps[number]} */ { x, rows }) => `${grouped(x)} × ${grouped(rows)}`;
  const values = steps.flatMap((step) =>
    Object.entries(partsOf(step.phases ?? {}, step.shares)).map(([part, share]) => ({
      name: name(step),
      part: partStyles[part]?.[0] ?? part,
      order: stepParts.indexOf(part),
      share,
    })),
  );
  const limits = steps.map((step) => ({
    name: name(step),
    share: Math.min(1, limitsOf(step, speeds).products / (bestOf(step.measured) ?? NaN)),
    text: `${(bestOf(step.measured) ?? NaN).toPrecision(3)} ms`,
  }));
  const styles = stepParts.flatMap((part) =>
    values.some(({ order }) => order === stepParts.indexOf(part)) ? [partStyles[part] ?? []] : [],
  );
  const domain = styles.map(([title]) => title);
  const y = {
    field: 'name',
    type: 'nominal',
    sort: null,
    axis: { title: 'batch × rows of a table', domain: false, ticks: false, labelPadding: 8 },
  };
  return {
    title: {
      text: 'What a step is made of',
      subtitle:
        'Share of the time of one worker. The mark is where the products alone would end at the machine’s measured speed.',
    },
    description: 'What a step is made of: share of the time of one worker, for five sizes of batch and vocabulary',
    width: width - 60,
    height: { step: 40 },
    layer: [
      {
        data: { values },
        mark: { type: 'bar', height: 22 },
        encoding: {
          y,
          x: {
            field: 'share',
            type: 'quantitative',
            stack: 'zero',
            axis: { title: null, format: '.0%', tickCount: 5 },
            scale: { domain: [0, 1], nice: false, clamp: true },
          },
          color: {
            field: 'part',
            type: 'nominal',
            sort: domain,
            scale: {
              domain,
              range: styles.map(([, colour = 'grey']) => ink(/** @type {keyof typeof import('./theme.mjs').inks} */ (colour))),
            },
            legend: { orient: 'right', offset: 70, symbolType: 'square' },
          },
          order: { field: 'order', type: 'quantitative' },
        },
      },
      {
        data: { values: limits },
        mark: { type: 'tick', thickness: 2.5, size: 34, color: ink('text') },
        encoding: { y, x: { field: 'share', type: 'quantitative' } },
      },
      {
        data: { values: limits },
        mark: { type: 'text', align: 'left', dx: 8, color: ink('text'), fontSize: 12 },
        encoding: { y, x: { datum: 1, type: 'quantitative' }, text: { field: 'text' } },
      },
    ],
  };
}

/** @param {object} picture @returns {Promise<string>} */
async function svgOf(picture) {
  // Without a canvas Vega takes every character to be 0.8 of the font's size wide, and leaves that room.
  textMetrics.width = ({ fontSize = 11 }, text) => characterWidth * fontSize * String(text).length;
  const { spec } = compile(/** @type {import('vega-lite').TopLevelSpec} */ ({ ...picture, config }));
  const view = new View(parse(spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return withDarkColours(svg);
}

/**
 * @param {Measurements} growth
 * @param {readonly string[]} [names] those that are wanted
 * @returns {Promise<Record<string, string>>} SVGs by name
 */
export async function draw(growth, names = Object.keys(pictures)) {
  /** @type {Record<string, string>} */
  const drawn = {};
  for (const [name, picture] of Object.entries(pictures)) if (names.includes(name)) drawn[name] = await svgOf(picture(growth));
  return drawn;
}

/** @param {Measurements} growth @returns {Promise<string[]>} the files */
export async function writePictures(growth) {
  const folder = 'docs/pictures';
  mkdirSync(path.join(root, folder), { recursive: true });
  const svgs = Object.entries(await draw(growth)).map(([name, svg]) => /** @type {const} */ ([`${folder}/${name}.svg`, svg]));
  for (const [file, svg] of svgs) writeFileSync(path.join(root, file), svg);
  return svgs.map(([file]) => file);
}
