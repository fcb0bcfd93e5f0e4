import { lambdaRuntime } from '../../shared/http/http-function.ts';
import { createHandler } from './handler.ts';
import { ingestRuntime } from './lambda-runtime.ts';

export const handler = createHandler({ ...ingestRuntime('ingest'), ...lambdaRuntime });
