import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const trainingDirectory = fileURLToPath(new URL('../training/', import.meta.url));

/**
 * Run a command of the training code (models/training), first making its virtual environment when needed.
 * `onLine` gets each line it reports. Raises an Error with its last words when it fails.
 */
export async function runTraining(
  args: readonly string[],
  onLine: (line: string) => void = () => {},
): Promise<void> {
  await run('bash', ['setup.sh'], onLine);
  await run('.venv/bin/python', ['-m', 'cunxin_training', ...args], onLine);
}

const LAST_LINES = 20;

async function run(command: string, args: readonly string[], onLine: (line: string) => void): Promise<void> {
  const child = spawn(command, args, { cwd: trainingDirectory, stdio: ['ignore', 'ignore', 'pipe'] });
  const last: string[] = [];
  let partial = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (partial + text).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) {
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
      onLine(line);
    }
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new Error([`${command} ${args[0] ?? ''} ended with ${code}`, ...last, partial].join('\n'));
}
