export interface EngineOptions {
  /** Whether a GPU may be a program on the processor, which is slow: by default it is refused. */
  readonly softwareGpu?: boolean;
}
