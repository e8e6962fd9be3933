import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

/** Folder of the package that a file below `node_modules` belongs to. */
const packageFolder = (file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];

const licenceText = async (folder) => {
  const file = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) throw new Error(`${folder} is bundled, but ships no licence`);
  return (await readFile(path.join(folder, file), 'utf8')).trim();
};

/** A package's own bundle holds its dependencies too. */
const ownBundle = /^node_modules\/chevrotain\//;

const dependencyFolders = async (folder, root) => {
  const { dependencies = {} } = JSON.parse(await readFile(path.join(root, folder, 'package.json'), 'utf8'));
  return Object.keys(dependencies).map((name) => `node_modules/${name}`);
};

/** Names, versions and licences of the packages whose code is in a bundle, from esbuild's metafile. */
export const licencesOf = async (metafile, root) => {
  const inputs = Object.values(metafile.outputs).flatMap((output) =>
    Object.entries(output.inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  );
  const direct = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined));
  const within = await Promise.all(
    [...direct].filter((folder) => ownBundle.test(`${folder}/`)).map((folder) => dependencyFolders(folder, root)),
  );
  const folders = [...new Set([...direct, ...within.flat()])].sort();
  const entries = await Promise.all(
    folders.map(async (folder) => {
      const absolute = path.join(root, folder);
      const { name, version, license } = JSON.parse(await readFile(path.join(absolute, 'package.json'), 'utf8'));
      return `${name} ${version} (${license})\n\n${await licenceText(absolute)}\n`;
    }),
  );
  return ['These packages are part of the files in this folder.\n', ...entries].join(`\n${'-'.repeat(78)}\n\n`);
};
