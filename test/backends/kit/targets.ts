/** In the order of tables. */
const inTfjs = ['typescript', 'tfjs live', 'tfjs graph model'] as const;

/** What a backend runs, by its name. */
const targets: Readonly<Record<string, readonly string[]>> = {
  'tfjs cpu': ['engine', ...inTfjs],
  'tfjs wasm': ['engine', ...inTfjs],
  'tfjs tensorflow': ['engine', ...inTfjs],
  'tfjs webgpu': ['engine', ...inTfjs],
  'Chromium wasm': inTfjs,
  'Chromium webgpu': inTfjs,
  'Chromium webgl': inTfjs,
  onnxruntime: ['engine', 'onnx'],
  'onnxruntime webgpu': ['engine'],
  'onnxruntime of Python': ['onnx'],
};

export const targetsOf = (backend: string): readonly string[] => targets[backend] ?? [];
