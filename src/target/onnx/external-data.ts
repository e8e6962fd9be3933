import type { ProjectFile } from '../files.js';
import { encodeModel, type ModelProto, type TensorProto } from './proto.js';

/** Protocol buffers end at 2 GiB; half of that leaves room for vocabularies. */
const mostInside = 2 ** 30;
const external = 1;

/**
 * A model as a file; where its weights are more than a message can hold, those of 1 KiB and more lie in files of their own beside it,
 * `<path>.<number>.data`, as ONNX's external data.
 */
export function modelFiles(path: string, model: ModelProto, most = mostInside): readonly ProjectFile[] {
  const { initializer } = model.graph;
  const size = initializer.reduce((sum, { raw_data: data }) => sum + (data?.byteLength ?? 0), 0);
  if (size <= most) return [{ path, bytes: encodeModel(model) }];
  const files: ProjectFile[] = [];
  const stored = initializer.map((tensor): TensorProto => {
    const { raw_data: bytes, ...rest } = tensor;
    if (bytes === undefined || bytes.byteLength < 1024) return tensor;
    const place = `${path}.${String(files.length)}.data`;
    files.push({ path: place, bytes });
    const entries = { location: place, offset: 0, length: bytes.byteLength };
    return {
      ...rest,
      external_data: Object.entries(entries).map(([key, value]) => ({ key, value: String(value) })),
      data_location: external,
    };
  });
  return [{ path, bytes: encodeModel({ ...model, graph: { ...model.graph, initializer: stored } }) }, ...files];
}
