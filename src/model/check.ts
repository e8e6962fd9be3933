import type { Source, Span } from '../language/source.js';
import type { File, Name, Network } from '../language/syntax.js';
import { createReport, type Diagnostic } from './diagnostics.js';
import { withoutConsequences, withoutDoubtful } from './doubt.js';
import { ignoring } from './ignores.js';
import type { Effort } from './instantiate/limits.js';
import type { FunctionValue, Value } from './instantiate/values.js';
import { standard } from './library.js';
import { lintImports } from './lint-imports.js';
import { lintNetwork } from './lints.js';
import { lintTensors } from './lint-tensors.js';
import { lineage, mergeModels, type MergedModel } from './merge.js';
import { keepOnly, placeKey, remember, type Memory, type Run } from './memory.js';
import { checkModel } from './model-check.js';
import { isOfData } from './messages.js';
import type { CheckedModel, Facts } from './model.js';
import { checkNames } from './names.js';
import { scopesOf } from './scopes.js';
import { readSetting } from './settings.js';
import { readFiles, type Load, type SpecFile } from './source-files.js';
import { withHabits } from './value-habits.js';

export interface CheckOptions {
  readonly facts?: Facts;
  /** As given to `--set`: `train.epochs=3`. */
  readonly settings?: readonly string[];
  /** Reads what the file imports; without it an import is an error. */
  readonly load?: Load;
  /**
   * Kept from one check of a changing text to the next, with the same other options: what is as it was is neither read nor checked
   * again. `expansions` and `functions.called` are then of no use.
   */
  readonly memory?: Memory;
}

export interface Checked {
  readonly file: File;
  /** The file, and all that it imports. */
  readonly files: readonly File[];
  readonly models: readonly CheckedModel[];
  /** Models that have no error of their own, whatever others have. */
  readonly sound: readonly CheckedModel[];
  /** The file with what it imports, as read. */
  readonly spec: SpecFile;
  /** What names of networks, and of the user's blocks, stood for when they were first assigned, also where there are errors. */
  readonly valueOf: (name: Name) => Value | undefined;
  /** What `expand` prints of each checked model. */
  readonly expansions: ReadonlyMap<string, Expansion>;
  readonly functions: Resolution;
  /** Every model of the file, those that can only be extended too. */
  readonly names: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface Expansion {
  readonly merged: MergedModel;
  readonly network: Network;
}

/** Which functions names stand for. */
export interface Resolution {
  /** What the networks of checked models called by a name. */
  readonly called: ReadonlyMap<Name, FunctionValue>;
  /** What names mean to the file that the source is, where nothing around them has the same name. */
  readonly in: (source: Source) => ReadonlyMap<string, FunctionValue>;
}

/** Checks every model of a file: all errors in one go, and the models that have none. */
export function check(source: Source, options: CheckOptions = {}): Checked {
  const { report: reportAny, diagnostics, errors } = createReport();
  const { spec, imported } = readFiles(source, reportAny, options.load, options.memory?.texts);
  const settings = (options.settings ?? []).map((s) => readSetting(s, reportAny)).filter((s) => s !== undefined);
  const std = standard();
  const certain = withoutDoubtful(reportAny, [spec, ...imported]);
  const scopes = scopesOf(spec, std, certain);
  const own = scopes.of(source);
  const report = withoutConsequences(withHabits(certain), scopes);
  for (const { ownBlocks, functions } of scopes.all) for (const block of ownBlocks) checkNames(block, functions, report);
  const called = new Map<Name, FunctionValue>();
  const resolution: Resolution = {
    called,
    in: (of) => (std.sources.has(of) ? std : scopes.of(of)).functions,
  };
  const functions = {
    find: (name: Name): FunctionValue | undefined => {
      const found = resolution.in(name.span.source).get(name.text);
      if (found) called.set(name, found);
      return found;
    },
    names: (at: Span) => resolution.in(at.source).keys(),
  };
  const effort: Effort = { steps: 0 };
  const checked: CheckedModel[] = [];
  const expansions = new Map<string, Expansion>();
  const values = new Map<string, Value>();
  const recall = (at: Span, value: Value): void => {
    const place = placeKey(at);
    if (!values.has(place)) values.set(place, value);
  };
  const sources = new Map([spec, ...imported].map((file) => [file.source.path, file.source]));
  const functionsOf = (path: string): ReadonlyMap<string, FunctionValue> | undefined => {
    const of = sources.get(path);
    return of && scopes.of(of).functions;
  };
  const isStd = (span: Span): boolean => std.sources.has(span.source);
  for (const model of own.ownModels) {
    const chain = lineage(model, (of) => scopes.of(of).models, report);
    const merged = chain && mergeModels(chain, settings, report);
    if (!merged) continue;
    const before = errors();
    const observe = ({ span }: Name, value: Value): void => {
      recall(span, value);
    };
    const run = (given: Run): ReturnType<typeof checkModel> => {
      const made = checkModel(merged, {
        ...given,
        blocks: std.blocks,
        isStd,
        effort,
        ...(options.facts && { facts: options.facts }),
      });
      if (made && errors() === before) lintNetwork(made.network, given.report);
      return made;
    };
    const around = { functions, report, observe, lineage: chain, functionsOf, isStd, effort, recall };
    const result = options.memory ? remember(options.memory, around, run) : run({ functions, report, observe });
    if (result && errors() === before) {
      checked.push(result.model);
      expansions.set(model.name.text, { merged, network: result.network });
    }
  }
  if (options.memory) keepOnly(options.memory, own.ownModels);
  lintImports(spec.file, own, report);
  if (errors() === 0) lintTensors(spec.file, checked, report);
  const files = [spec, ...imported].map(({ file }) => file);
  const { keeps, reportUnused } = ignoring(
    files.map(({ span }) => span.source),
    reportAny,
  );
  if (errors() === 0) {
    diagnostics().forEach(keeps);
    reportUnused(source, (code) => !isOfData(code), reportAny);
  }
  return {
    file: spec.file,
    files,
    models: errors() === 0 ? checked : [],
    sound: checked,
    spec,
    valueOf: ({ span }) => values.get(placeKey(span)),
    expansions,
    functions: resolution,
    names: own.ownModels.map((m) => m.name.text),
    diagnostics: diagnostics().filter(keeps),
  };
}
