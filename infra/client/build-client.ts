import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { requestExamples } from '../../functions/request-examples.ts';
import { routes } from '../../functions/routes.ts';
import { openApiDocument } from '../../shared/http/openapi.ts';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const run = promisify(execFile);

const clientPackage = z.looseObject({ name: z.string(), devDependencies: z.unknown() });
const rootPackage = z.looseObject({ version: z.string() });

/**
 * Build the typed client as a package ready to be published: the document, its types by openapi-typescript, the
 * client compiled against them. The types need the JavaScript API of TypeScript 5, which the workspace `infra/client/package`
 * brings along for itself; the compiler is this repository's.
 */
export async function buildClient(outDirectory: string): Promise<{ readonly directory: string }> {
  const directory = resolve(repository, outDirectory);
  const sources = join(directory, '.sources');
  await rm(directory, { recursive: true, force: true });
  await mkdir(sources, { recursive: true });
  const readJson = async (path: string): Promise<unknown> =>
    JSON.parse(await readFile(join(repository, path), 'utf8'));
  const { version } = rootPackage.parse(await readJson('package.json'));
  const document = join(directory, 'openapi.json');
  await writeFile(
    document,
    `${JSON.stringify(openApiDocument({ routes, requestExamples, version }), null, 2)}\n`,
  );
  await cp(join(repository, 'infra/client/package/client.ts'), join(sources, 'client.ts'));
  await run(process.execPath, [
    join(repository, 'infra/client/package/node_modules/openapi-typescript/bin/cli.js'),
    document,
    '--output',
    join(sources, 'schema.ts'),
  ]);
  await run(process.execPath, [
    join(repository, 'node_modules/typescript/bin/tsc'),
    join(sources, 'client.ts'),
    ...['--ignoreConfig', '--outDir', directory, '--rootDir', sources, '--declaration', '--strict'],
    ...['--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable', '--types', ''],
    ...['--skipLibCheck', '--exactOptionalPropertyTypes', '--rewriteRelativeImportExtensions'],
  ]);
  await rm(sources, { recursive: true });
  const { devDependencies: _tools, ...published } = clientPackage.parse(
    await readJson('infra/client/package/package.json'),
  );
  await writeFile(join(directory, 'package.json'), `${JSON.stringify({ ...published, version }, null, 2)}\n`);
  await cp(join(repository, 'infra/client/package/README.md'), join(directory, 'README.md'));
  await cp(join(repository, 'LICENSE'), join(directory, 'LICENSE'));
  return { directory };
}

if (import.meta.main) {
  const { directory } = await buildClient('dist/client');
  console.log(`The client is in ${directory}: npm pack or npm publish it from there.`);
}
