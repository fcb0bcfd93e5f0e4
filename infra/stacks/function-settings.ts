import type { ModelStage } from '../constructs/bundle-function.ts';
import type { FunctionMonitoring } from '../constructs/cunxin-function.ts';
import type { TableGrant } from '../constructs/table-access.ts';

export interface FunctionSettings {
  readonly description: string;
  /** Its module, when it shares a folder with another function. Default: `functions/<name>/lambda.ts`. */
  readonly entry?: string;
  /** Lambda gives processor by memory: 1,769 MiB is one whole virtual processor. */
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly table: TableGrant;
  /** A second access, where reading and writing reach different items. */
  readonly alsoTable?: TableGrant;
  /** Carries ONNX Runtime, and models: the champion unless `modelStage` says otherwise. */
  readonly onnx: boolean;
  /** Which models it carries; without ONNX, to read what they say of their training rows. */
  readonly modelStage?: ModelStage;
  /** Seals and opens what is kept about persons. */
  readonly personKeys?: true;
  readonly monitoring: FunctionMonitoring;
}
