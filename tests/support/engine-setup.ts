import type { TestProject } from 'vitest/node';
import { engineNames, isEngineAvailable, startEngine } from '../../infra/local/engine.ts';

/** One engine in memory for the whole run; every suite makes its own table in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  for (const name of engineNames) {
    if (!isEngineAvailable(name))
      console.warn(`${name} is not on this machine: its contract tests do not run`);
  }
  const engine = await startEngine({ inMemory: true });
  project.provide('engineEndpoint', engine.endpoint);
  return engine.stop;
}
