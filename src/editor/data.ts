import { checkData } from '../model/data-section.js';
import { lineage, mergeModels } from '../model/merge.js';
import type { DataSection } from '../model/model.js';
import { fileNames, type ModelNames } from './symbols.js';
import type { Column } from './host.js';
import type { Analysis, Workspace } from './workspace.js';

const silent = (): void => undefined;

/** Where the rows of a model come from, also where the rest of it is wrong. */
export function dataOf({ checked }: Analysis, model: string | undefined): DataSection | undefined {
  const names = fileNames(checked.spec);
  const own = (model === undefined ? undefined : names.models.get(model)) ?? [...names.models.values()].at(-1);
  if (!own) return undefined;
  const models = new Map([...names.models].map(([name, { model: one }]) => [name, one]));
  for (let at: ModelNames | undefined = own; at; at = at.base) models.set(at.model.name.text, at.model);
  const chain = lineage(own.model, () => models, silent);
  const section = chain && mergeModels(chain, [], silent)?.sections.get('data')?.value;
  return section?.kind === 'record' ? checkData(section, silent).data : undefined;
}

/**
 * The columns of a model's data; none where there are no files to look at, or none that can be read.
 * @param patience milliseconds, after which the data are read on for the next time
 */
export async function columnsOf(
  analysis: Analysis,
  model: string | undefined,
  { host }: Workspace,
  patience = 1500,
): Promise<readonly Column[]> {
  if (!host.columns) return [];
  const data = dataOf(analysis, model);
  if (!data) return [];
  const late = new Promise<readonly Column[]>((resolve) => {
    setTimeout(resolve, patience, []);
  });
  try {
    return await Promise.race([host.columns(data), late]);
  } catch {
    return [];
  }
}

/** The model that a place is in. */
export function modelAt({ checked }: Analysis, offset: number): string | undefined {
  const item = checked.file.items.find(({ span }) => span.start <= offset && offset <= span.end);
  return item?.kind === 'model' ? item.name.text : undefined;
}
