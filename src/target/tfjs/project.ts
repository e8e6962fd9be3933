import type { CheckedModel } from '../../model/model.js';
import type { ProjectFile } from '../files.js';
import type { TrainedParts } from '../trained.js';
import { firstValues } from './first-values.js';
import { graphModel } from './graph-model.js';
import { graphModelFiles, type Provenance } from './model-json.js';

export function tfjsFiles(model: CheckedModel, trained?: TrainedParts, provenance: Provenance = {}): readonly ProjectFile[] {
  return graphModelFiles(graphModel(model, trained ?? firstValues(model)), model.name, provenance);
}
