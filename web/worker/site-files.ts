/** Files of ONNX Runtime Web that this page was built with; the build (setup/web.mjs) puts in what it copied. */
import type { Promised } from '../shared/verify.js';

export interface RuntimeFiles {
  /** Relative to the page, as all paths here. */
  readonly api: string;
  readonly loader: string;
  readonly binary: Promised;
}

declare const __RUNTIME_FILES__: Readonly<Record<'wasm' | 'webgpu', RuntimeFiles>>;

export const RUNTIME_FILES = __RUNTIME_FILES__;
