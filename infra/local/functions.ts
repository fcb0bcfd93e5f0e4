import { createHandler as createRegistry } from '../../functions/registry/handler.ts';
import type { FunctionName } from '../../functions/routes.ts';
import type { HttpFunction, HttpRuntime } from '../../shared/http/http-function.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';

export interface LocalFunctionOptions extends HttpRuntime {
  readonly table: StoreTable;
}

/** The functions of the route table, in this process: the very handlers that are deployed. */
export function localFunctions(options: LocalFunctionOptions) {
  return {
    registry: createRegistry(options),
  } satisfies Partial<Record<FunctionName, HttpFunction>>;
}
