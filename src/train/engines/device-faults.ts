/** What of a WebGPU device says that it has failed. */
export interface WatchedDevice {
  readonly addEventListener: (
    name: 'uncapturederror',
    listener: (event: { readonly error: { readonly message: string }; readonly preventDefault: () => void }) => void,
  ) => void;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
}

/**
 * Watches a device. Nothing that is asked of it throws when its memory is full or its driver fails: commands are dropped, and what is
 * read back means nothing.
 * @returns what has gone wrong first, since it was watched
 */
export function watchFaults(device: WatchedDevice): () => string | undefined {
  let fault: string | undefined;
  device.addEventListener('uncapturederror', (event) => {
    const { error } = event;
    fault ??= `${error.constructor.name}: ${error.message.split('\n', 1)[0] ?? ''}`;
    event.preventDefault();
  });
  void device.lost.then(({ reason, message }) => {
    fault ??= `the device is lost (${reason}): ${message.split('\n', 1)[0] ?? ''}`;
  });
  return () => fault;
}
