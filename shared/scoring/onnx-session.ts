import { InferenceSession } from 'onnxruntime-node';
import { rejected } from './model-files.ts';

/** One thread: a Lambda has one processor, and requests are what runs in parallel. */
export const sessionOptions: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  enableCpuMemArena: true,
  enableMemPattern: true,
  logSeverityLevel: 3,
};

/** A session of an ONNX file's bytes. Raises DomainError `model_rejected`, `not_loadable`, naming the file. */
export async function createSession(file: string, bytes: Uint8Array): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, sessionOptions);
  } catch (cause) {
    throw rejected(file, 'not_loadable', `${file}: no ONNX the runtime loads`, cause);
  }
}
