import { expect, test } from 'vitest';
import { watchFaults, type WatchedDevice } from '../../../src/train/engines/device-faults.js';
import { orFault } from '../../../src/train/faults.js';

class GPUOutOfMemoryError extends Error {}

function fakeDevice() {
  const listeners: Parameters<WatchedDevice['addEventListener']>[1][] = [];
  let lose: (info: { readonly reason: string; readonly message: string }) => void = () => undefined;
  const lost = new Promise<{ readonly reason: string; readonly message: string }>((resolve) => (lose = resolve));
  const device: WatchedDevice = { addEventListener: (_, listener) => listeners.push(listener), lost };
  let quiet = 0;
  const fail = (message: string): void => {
    for (const listener of listeners) listener({ error: new GPUOutOfMemoryError(message), preventDefault: () => quiet++ });
  };
  return { device, fail, lose, quieted: () => quiet };
}

test('the first fault of a device is told, without what else it prints', () => {
  const { device, fail, quieted } = fakeDevice();
  const fault = watchFaults(device);
  expect(fault()).toBeUndefined();
  fail('no room\n - While calling createBuffer');
  fail('an invalid buffer');
  expect(fault()).toBe('GPUOutOfMemoryError: no room');
  expect(quieted()).toBe(2);
});

test('what a library throws where the device is lost gives way to why', async () => {
  const { device, lose } = fakeDevice();
  const fault = watchFaults(device);
  const work = async (): Promise<never> => {
    lose({ reason: 'unknown', message: 'the driver was reset' });
    return Promise.reject(new Error('mapAsync failed'));
  };
  await expect(orFault(fault, work)).rejects.toMatchObject({
    code: 'device-failed',
    message: expect.stringContaining('the GPU has failed: the device is lost (unknown): the driver was reset') as string,
  });
  await expect(orFault(undefined, () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
  expect(await orFault(undefined, () => Promise.resolve(1))).toBe(1);
});

test('what was computed where the device has failed is not used', async () => {
  const { device, fail } = fakeDevice();
  const fault = watchFaults(device);
  const work = (): Promise<number> => {
    fail('no room');
    return Promise.resolve(1);
  };
  await expect(orFault(fault, work)).rejects.toMatchObject({ code: 'device-failed' });
});
