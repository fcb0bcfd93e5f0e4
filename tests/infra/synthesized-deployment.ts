import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, expect } from 'vitest';
import { z } from 'zod';
import { type CunxinAppProps, cunxinApp } from '../../infra/app.ts';
import { deployedFunctions } from '../../infra/stacks/functions.ts';

export const functionNames = Object.keys(deployedFunctions);

export const machineClients = [
  { name: 'operator', tenant: 'ten_operator', scopes: ['programs:write', 'programs:read'] },
  { name: 'bank', tenant: 'ten_bank', scopes: ['decisions:read'] },
];

export const people = {
  callbackUrls: ['https://console.example.org/signed-in', 'http://localhost:5173/signed-in'],
  logoutUrls: ['https://console.example.org/'],
};

export const rateLimits = {
  default: { read: { ratePerSecond: 50, burst: 500 }, write: { ratePerSecond: 50, burst: 500 } },
  tenants: { ten_bank: { read: { ratePerSecond: 5, burst: 10 } } },
};

/** The whole deployment as templates, and what is needed to make it anew. */
export interface SynthesizedDeployment {
  readonly data: Template;
  readonly service: Template;
  readonly servicing: Template;
  readonly observability: Template;
  readonly validationReport: unknown;
  readonly manifest: unknown;
  readonly bundles: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly remove: () => Promise<void>;
}

/** The deployment, synthesized before the first test of a file and removed after its last. */
export function deploymentOfFile(): () => SynthesizedDeployment {
  let deployed: SynthesizedDeployment | undefined;
  beforeAll(async () => {
    deployed = await synthesizeDeployment({ builtinCloudFormationValidation: false });
  });
  afterAll(() => deployed?.remove());
  return () => {
    if (deployed === undefined) throw new Error('not synthesized before the tests run');
    return deployed;
  };
}

/**
 * Synthesize the deployment in a directory of its own. A template is the same whatever is in a bundle, and
 * bundles are tested by themselves, so these hold one line each. Unless told not to, CloudFormation's own schemas
 * are held against the templates, which takes seconds the first time.
 */
export async function synthesizeDeployment(
  options: Pick<CunxinAppProps, 'builtinCloudFormationValidation' | 'env'> = {},
): Promise<SynthesizedDeployment> {
  const directory = await mkdtemp(join(tmpdir(), 'cunxin-stacks-'));
  const bundles: Record<string, string> = {};
  for (const name of functionNames) {
    const bundle = join(directory, name);
    await mkdir(bundle);
    await writeFile(join(bundle, 'index.mjs'), `export const handler = '${name}';`);
    bundles[name] = bundle;
  }
  const outdir = join(directory, 'cdk.out');
  const { app, data, service, servicing, observability } = cunxinApp({
    ...options,
    bundles,
    outdir,
    context: { machineClients, people, rateLimits, alarmEmails: ['duty@example.org'] },
  });
  app.synth();
  const read = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(outdir, file), 'utf8'));
  return {
    data: Template.fromStack(data),
    service: Template.fromStack(service),
    servicing: Template.fromStack(servicing),
    observability: Template.fromStack(observability),
    validationReport: await read('validation-report.json'),
    manifest: await read('manifest.json'),
    bundles,
    directory,
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

const resource = z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()) });

export const resourcesOf = (template: Template, type: string) =>
  Object.entries(template.findResources(type)).map(([id, found]) => ({ id, ...resource.parse(found) }));

/** The one resource of a type with these properties, by logical id. */
export function idOf(template: Template, type: string, properties: object): string {
  const ids = Object.keys(template.findResources(type, { Properties: Match.objectLike(properties) }));
  expect(ids, `${type} with ${JSON.stringify(properties)}`).toHaveLength(1);
  return ids[0] ?? '';
}

export const functionIdOf = (service: Template, name: string) =>
  idOf(service, 'AWS::Lambda::Function', { Description: deployedFunctions[name]?.description });
