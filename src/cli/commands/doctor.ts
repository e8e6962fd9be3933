import { defaultEngine, engineEntry, engineNames, isEngineName, type EngineName } from '../../train/engines/index.js';
import { findPackage, optionalPackages } from '../../train/engines/packages.js';
import { command } from '../command.js';
import { engineOptions } from '../engine-options.js';
import { probeApart, tryEngine, type EngineState, type Probe } from '../engine-state.js';
import { complaint, type ExitStatus } from '../errors.js';
import type { Host } from '../host.js';
import type { ExaminedJson } from '../json-outputs.js';
import { toggle } from '../options.js';
import { nodeVerdict, platformVerdict, thisMachine, type Machine } from '../platform.js';
import { version } from '../version.js';

export default command({
  description:
    'Tells which engines work on this machine, on what they compute, and how to get the others.\nEach engine is started in a process of its own, so that a broken one breaks nothing.\nThe exit status is 1 if the default engine does not work. With --json the result is one line, {"reccompile", "node", "platform", "packages", "engines"}.',
  arguments: [{ name: 'engine', help: 'only this one, in this process', optional: true }],
  options: {
    softwareGpu: engineOptions.softwareGpu,
    json: toggle('--json', 'one line of JSON'),
  },
  examples: [
    { line: 'reccompile doctor', says: 'all engines' },
    { line: 'reccompile doctor tfjs:webgpu', says: 'one, with what its packages print' },
    { line: 'reccompile doctor --json', says: 'for a script' },
  ],
  run: ([name], { softwareGpu, json }, host) => {
    if (name === undefined) return examine(engineNames, probeApart(softwareGpu), json, host);
    if (!isEngineName(name))
      throw complaint(`there is no engine ${name}`, { exitStatus: 2, help: `Choose one of ${engineNames.join(', ')}.` });
    return examine([name], (one) => tryEngine(one, softwareGpu), json, host);
  },
});

/** Examines engines and prints what was found; 1 if the default engine, or the only one that was asked for, does not work. */
export const examine = async (
  names: readonly EngineName[],
  probe: Probe,
  json: boolean,
  host: Pick<Host, 'write'>,
  machine: Machine = thisMachine(),
): Promise<ExitStatus> => {
  const states = await Promise.all(names.map(async (name) => ({ name, ...(await probe(name)) })));
  const found = optionalPackages.flatMap((name) => findPackage(name) ?? []);
  const packages = found.map(({ name, version: of, file }) => ({ name, version: of, file }));
  if (json)
    host.write(
      `${JSON.stringify({ reccompile: version, ...factsOf(machine), packages, engines: states } satisfies ExaminedJson)}\n`,
    );
  else host.write(reportText(machine, states));
  const decisive = states.find(({ name }) => name === defaultEngine) ?? states[0];
  return decisive?.state === 'works' ? 0 : 1;
};

const factsOf = (machine: Machine) => ({
  node: { version: machine.node, support: nodeVerdict(machine).support },
  platform: {
    name: platformName(machine),
    support: platformVerdict(machine).support,
    cores: machine.cores,
    memoryBytes: machine.memoryBytes,
  },
});

const platformName = ({ platform, arch, isMusl }: Machine): string => `${platform} ${arch}${isMusl ? ' (musl)' : ''}`;

/** The word before an engine. */
const words: Readonly<Record<EngineState['state'], string>> = {
  works: 'works',
  missing: 'missing',
  refused: 'no GPU',
  elsewhere: 'browser',
  broken: 'broken',
};

const reportText = (machine: Machine, states: readonly (EngineState & { readonly name: EngineName })[]): string => {
  const width = Math.max(...states.map(({ name }) => name.length));
  const rows = states.flatMap((one) => {
    const { name, state, says } = one;
    const title = `${words[state].padEnd(8)} ${name.padEnd(width)}  ${engineEntry(name).about}${name === defaultEngine ? ' (the default)' : ''}`;
    const more = one.state === 'works' ? [] : [one.printed, one.help].filter((text) => text !== undefined);
    return [`  ${title}`, ...[says, ...more].map((line) => `           ${line}`)];
  });
  const gibibytes = (machine.memoryBytes / 2 ** 30).toFixed(1);
  return `${[
    `reccompile ${version}`,
    `Node ${machine.node}: ${nodeVerdict(machine).note}`,
    `${platformName(machine)}, ${String(machine.cores)} cores, ${gibibytes} GiB: ${platformVerdict(machine).note}`,
    'engines:',
    ...rows,
  ].join('\n')}\n`;
};
