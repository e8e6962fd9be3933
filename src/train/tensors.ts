import type { CheckpointContents, ModelTensors } from '../run/checkpoints.js';
import type { TensorToWrite } from '../run/safetensors.js';
import type { Checkpoint } from './checkpoints.js';
import { progressOf } from './position.js';
import { viewsOf } from './state.js';
import type { ArrayView, StateView } from './weights.js';

/** As a run keeps them: running statistics lie beside the dense weights. */
export const tensorsOf = ({ dense, states, tables }: Pick<StateView, 'dense' | 'states' | 'tables'>): ModelTensors => {
  const tensor = ({ name, shape, data }: ArrayView): TensorToWrite => ({ name, shape, data });
  return { weights: [...dense, ...states].map(tensor), tables: tables.map(tensor) };
};

/** As a checkpoint keeps it: in the precision that it is trained in. */
export const checkpointOf = ({ state, position, best }: Checkpoint): CheckpointContents => ({
  ...exactTensorsOf(state),
  optimizer: [...state.denseSlots, ...state.tableSlots].map(exactTensor),
  progress: progressOf(position),
  ...(best && { best: exactTensorsOf(viewsOf(best)) }),
});

const exactTensor = ({ name, shape, type, parts }: ArrayView): TensorToWrite => ({ name, shape, type, data: parts });

export const exactTensorsOf = ({ dense, states, tables }: Pick<StateView, 'dense' | 'states' | 'tables'>): ModelTensors => ({
  weights: [...dense, ...states].map(exactTensor),
  tables: tables.map(exactTensor),
});
