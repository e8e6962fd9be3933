import type { TableDevice } from '../engine.js';

/** What of a WebGPU device says how much it can hold. */
export interface GpuDevice {
  readonly limits: Readonly<Record<'maxBufferSize' | 'maxStorageBufferBindingSize', number>>;
  readonly pushErrorScope: (filter: 'out-of-memory') => void;
  readonly popErrorScope: () => Promise<object | null>;
  readonly createBuffer: (buffer: { readonly size: number; readonly usage: number }) => { readonly destroy: () => void };
}

/** GPUBufferUsage.STORAGE */
const storage = 0x80;

/** The room that tables have on a device. Nothing of WebGPU tells how much memory is free, so that holding all at once is tried. */
export const roomOn = (device: GpuDevice): Omit<TableDevice, 'tf'> => ({
  largestArray: Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize),
  hasRoomFor: async (arrays) => {
    device.pushErrorScope('out-of-memory');
    const buffers = arrays.map((size) => device.createBuffer({ size, usage: storage }));
    const error = await device.popErrorScope();
    for (const buffer of buffers) buffer.destroy();
    return error === null;
  },
});
