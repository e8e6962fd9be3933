import { availableParallelism, totalmem } from 'node:os';

/** What reccompile is known to do on a machine of a kind. */
export type Support = 'tested' | 'expected' | 'unsupported';

export interface Machine {
  /** `v20.20.2` */
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
  /** The C library of Linux that is not glibc. */
  readonly isMusl: boolean;
  readonly cores: number;
  readonly memoryBytes: number;
}

export const thisMachine = (): Machine => ({
  node: process.version,
  platform: process.platform,
  arch: process.arch,
  isMusl: process.platform === 'linux' && !hasGlibc(),
  cores: availableParallelism(),
  memoryBytes: totalmem(),
});

const hasGlibc = (): boolean => {
  const { header } = process.report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime !== undefined;
};

interface Verdict {
  readonly support: Support;
  /** What it means for the user. */
  readonly note: string;
}

const platforms: Readonly<Record<string, Verdict>> = {
  'linux x64': { support: 'tested', note: 'tested' },
  'linux arm64': { support: 'expected', note: 'should work; not tested' },
  'darwin arm64': { support: 'expected', note: 'should work; not tested' },
  'win32 x64': { support: 'expected', note: 'should work; not tested' },
};

/** What has no default engine, because onnxruntime-node is not made for it. */
const withoutOnnxruntime = 'not supported: onnxruntime-node is not made for it; the other engines may work';

export const platformVerdict = ({ platform, arch, isMusl }: Machine): Verdict =>
  (isMusl ? undefined : platforms[`${platform} ${arch}`]) ?? { support: 'unsupported', note: withoutOnnxruntime };

/** The first of each major version that has what reccompile uses. */
const leastMinor: Readonly<Record<number, number>> = { 20: 19, 22: 13, 24: 0 };

export const nodeVerdict = ({ node }: Machine): Verdict => {
  const [major = 0, minor = 0] = node.slice(1).split('.').map(Number);
  const least = leastMinor[major];
  if (least !== undefined && minor >= least) return { support: 'tested', note: 'tested' };
  if (major > 24) return { support: 'expected', note: 'should work; not tested' };
  return { support: 'unsupported', note: 'not supported: Node 20.19, 22.13, 24 or later is needed' };
};
