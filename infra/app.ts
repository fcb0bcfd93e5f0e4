import { App, type AppProps, type Environment, Validations } from 'aws-cdk-lib';
import recommendedFlags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import { AwsSolutionsChecks } from 'cdk-nag';
import { z } from 'zod';
import { parse } from '../shared/domain/parse.ts';
import { rateLimitSettings } from '../shared/http/rate-limit.ts';
import { type BundleFunctionOptions, bundleFunction } from './constructs/bundle-function.ts';
import { machineClientSettings } from './constructs/machine-client.ts';
import { peopleSettings } from './constructs/people-client.ts';
import { DataStack } from './stacks/data-stack.ts';
import { deployedFunctions, entryOf } from './stacks/functions.ts';
import { ObservabilityStack } from './stacks/observability-stack.ts';
import { ServiceStack } from './stacks/service-stack.ts';
import { ServicingStack } from './stacks/servicing-stack.ts';

export type BundleFunctionsOptions = Pick<BundleFunctionOptions, 'outDirectory' | 'modelsDirectory'>;

/** Bundle every deployed function for Lambda; gives each one's directory by name. */
export async function bundleFunctions(options: BundleFunctionsOptions): Promise<Record<string, string>> {
  const bundles = await Promise.all(
    Object.entries(deployedFunctions).map(async ([name, { onnx, modelStage }]) => {
      const bundle = await bundleFunction({
        ...options,
        name,
        entry: entryOf(name),
        onnx,
        ...(modelStage === undefined ? {} : { modelStage }),
        platform: 'linux',
        architecture: 'arm64',
      });
      return [name, bundle.directory] as const;
    }),
  );
  return Object.fromEntries(bundles);
}

/** What cdk.json says in `context` about one deployment. */
const deploymentSettings = z.strictObject({
  machineClients: machineClientSettings,
  people: peopleSettings.optional(),
  alarmEmails: z.array(z.email()).default([]),
  rateLimits: rateLimitSettings.default({
    default: { read: { ratePerSecond: 50, burst: 500 }, write: { ratePerSecond: 50, burst: 500 } },
    tenants: {},
  }),
});

export interface CunxinAppProps extends AppProps {
  readonly bundles: Readonly<Record<string, string>>;
  /** Account and region to deploy to; what is left out is left to CloudFormation. */
  readonly env?: Environment;
}

/**
 * The whole deployment. It looks nothing up, so it is synthesized without an account and without a network.
 */
export function cunxinApp({ bundles, env = {}, ...appProps }: CunxinAppProps) {
  // A new deployment has no past to be compatible with, so every behaviour is the library's current one.
  const app = new App({ postCliContext: recommendedFlags, ...appProps });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { machineClients, people, alarmEmails, rateLimits } = parse(
    deploymentSettings,
    {
      machineClients: app.node.tryGetContext('machineClients'),
      people: app.node.tryGetContext('people'),
      alarmEmails: app.node.tryGetContext('alarmEmails'),
      rateLimits: app.node.tryGetContext('rateLimits'),
    },
    { root: 'context' },
  );
  const data = new DataStack(app, 'CunxinData', { env });
  const service = new ServiceStack(app, 'CunxinService', {
    env,
    data,
    bundles,
    machineClients,
    people,
    rateLimits,
  });
  const servicing = new ServicingStack(app, 'CunxinServicing', { env, servicing: service.servicing });
  const { functions, api } = service;
  const observability = new ObservabilityStack(app, 'CunxinObservability', {
    env,
    functions,
    api,
    table: data.table,
    streamConsumers: service.streamConsumers,
    deadLetters: service.deadLetters,
    alarmEmails,
  });
  servicing.alarmOn(observability.alarmTopic);
  return { app, data, service, servicing, observability };
}

if (import.meta.main) {
  // The CDK CLI sets these from the caller's credentials and profile.
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  const bundles = await bundleFunctions({ outDirectory: 'dist/functions' });
  const env = {
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
  };
  cunxinApp({ bundles, env }).app.synth();
}
