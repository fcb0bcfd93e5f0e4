import { startEngine } from '../../infra/local/engine.ts';

// A process that starts an engine and then only waits to be killed.
const engine = await startEngine({ inMemory: true, engine: 'dynoxide' });
process.stdout.write(engine.endpoint);
setInterval(() => {}, 60_000);
