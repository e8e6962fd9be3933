import { isBuiltin } from 'node:module';
import path from 'node:path';
import { commonGround, rooms } from './rooms.mjs';

/** `graph/ops/add.ts` for a file below `src/`. */
const placeInSource = (file) => /(?:^|\/)src\/(.+)$/.exec(file.replaceAll('\\', '/'))?.[1];

const startsWith = (specifier, prefix) => specifier === prefix || specifier.startsWith(`${prefix}/`);

/**
 * What is wrong with an import, if anything.
 * @param {string} place of the importing file, below `src/`
 * @param {string} specifier
 * @returns {string | undefined}
 */
export const complaintAbout = (place, specifier) => {
  const room = place.split('/')[0];
  const row = rooms[room];
  if (row === undefined) return `src/${room} is no room; scripts/lint/rooms.mjs lists them`;
  if (isBuiltin(specifier)) return row.node ? undefined : `${room} runs without Node; it cannot import ${specifier}`;
  if (!specifier.startsWith('.')) {
    const known = row.packages?.some((prefix) => startsWith(specifier, prefix));
    return known ? undefined : `${room} does not use the package ${specifier}`;
  }
  const target = path.posix.join(path.posix.dirname(place), specifier);
  if (target.startsWith('../')) {
    const isAllowed =
      (room === 'cli' && target === '../package.json') || (room === 'init' && /^\.\.\/specs\/[\w-]+\.rec$/.test(target));
    return isAllowed ? undefined : `${specifier} is outside src`;
  }
  const targetRoom = target.split('/')[0];
  const file = target.replace(/\.js$/, '');
  const common = commonGround.includes(file);
  const order = Object.keys(rooms);
  if (targetRoom === room || row.rooms.includes(targetRoom) || row.rooms.includes(file)) return undefined;
  if (common && order.indexOf(targetRoom) < order.indexOf(room)) return undefined;
  return `${room} may import ${row.rooms.length > 0 ? row.rooms.join(', ') : 'no other room'}, not ${targetRoom}`;
};

/** @type {import('eslint').Rule.RuleModule} */
export const roomImports = {
  meta: { type: 'problem', schema: [], messages: { wrong: '{{ complaint }}' } },
  create: (context) => {
    const place = placeInSource(context.filename);
    if (place === undefined) return {};
    const examine = (node, source) => {
      if (source === null || source === undefined) return;
      const complaint =
        typeof source.value === 'string' ? complaintAbout(place, source.value) : 'the path of an import is a plain text';
      if (complaint !== undefined) context.report({ node, messageId: 'wrong', data: { complaint } });
    };
    return {
      ImportDeclaration: (node) => examine(node, node.source),
      ExportAllDeclaration: (node) => examine(node, node.source),
      ExportNamedDeclaration: (node) => examine(node, node.source),
      ImportExpression: (node) => examine(node, node.source),
      TSImportType: (node) => examine(node, node.source ?? node.argument?.literal),
    };
  },
};
