import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { type FunctionName, functionNames, routes } from '../../functions/routes.ts';
import type { RateLimitSettings } from '../../shared/http/rate-limit.ts';
import { qualifiedScope } from '../../shared/http/scopes.ts';
import { CunxinFunction } from '../constructs/cunxin-function.ts';
import { Identity } from '../constructs/identity.ts';
import { ImportBucket } from '../constructs/import-bucket.ts';
import { IngestQueue } from '../constructs/ingest-queue.ts';
import type { MachineClientSettings } from '../constructs/machine-client.ts';
import type { PeopleSettings } from '../constructs/people-client.ts';
import { PersonKeyBucket } from '../constructs/person-key-bucket.ts';
import { StreamConsumer } from '../constructs/stream-consumer.ts';
import type { EncryptedTable } from '../constructs/table-access.ts';
import { WebhookDelivery } from '../constructs/webhook-delivery.ts';
import { backgroundFunctions, decisionRecords, eventRecords } from './background-functions.ts';
import type { FunctionSettings } from './function-settings.ts';
import { httpFunctions, requestGrant, TOKEN_FUNCTION, tokenFunction } from './functions.ts';

export interface ServiceStackProps extends StackProps {
  readonly data: EncryptedTable;
  /** Directory of each function's bundle, by name. */
  readonly bundles: Readonly<Record<string, string>>;
  readonly machineClients: readonly MachineClientSettings[];
  readonly people: PeopleSettings | undefined;
  readonly rateLimits: RateLimitSettings;
}

/** Where Lambda unpacks a bundle. */
const TASK_ROOT = '/var/task';
/**
 * Requests a second and in one burst, over the whole API: far above a nation's days, far below a runaway. An HTTP
 * API knows no limit for one client (usage plans are the REST API's, at three times the price a request); the
 * functions hold each client to its own, see shared/http/rate-limiter.ts.
 */
const THROTTLE = { rateLimit: 500, burstLimit: 1_000 };

/** Whose programs there are: an operator is a party of every program it creates. */
const operatorsOf = (clients: readonly MachineClientSettings[]) => [
  ...new Set(clients.filter(({ scopes }) => scopes.includes('programs:write')).map(({ tenant }) => tenant)),
];

/** The HTTP API: every route of the route table with its scope, in front of the functions that serve them. */
export class ServiceStack extends Stack {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  readonly functions: readonly CunxinFunction[];
  /** Ages loans; the servicing stack says when. */
  readonly servicing: CunxinFunction;
  /** Those behind the table's stream. */
  readonly streamConsumers: readonly CunxinFunction[];
  /** Where work ends that failed for too long, by what it is. */
  readonly deadLetters: Readonly<Record<string, Queue>>;

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, props);
    const { data } = props;
    const personKeys = new PersonKeyBucket(this, 'PersonKeys');
    const functionOf = (name: string, settings: FunctionSettings) => {
      const bundleDirectory = props.bundles[name];
      if (bundleDirectory === undefined) throw new Error(`function ${name} was not bundled`);
      const made = new CunxinFunction(this, name, {
        name,
        bundleDirectory,
        ...settings,
        ...(settings.onnx || settings.modelStage !== undefined
          ? { environment: { MODELS_DIRECTORY: `${TASK_ROOT}/models` } }
          : {}),
      }).bindTable(data, settings.table);
      if (settings.alsoTable !== undefined) made.bindTable(data, settings.alsoTable);
      if (settings.personKeys === true) personKeys.bindTo(made);
      return made;
    };

    const tokens = functionOf(TOKEN_FUNCTION, tokenFunction);
    const identity = new Identity(this, 'Identity', {
      clients: props.machineClients,
      people: props.people,
      tokenFunction: tokens,
      data,
    });
    const served = Object.fromEntries(
      functionNames.map((name) => {
        const behind = functionOf(name, httpFunctions[name]).bindTable(data, requestGrant);
        behind.lambda.addEnvironment('RATE_LIMITS', JSON.stringify(props.rateLimits));
        return [
          name,
          { behind, integration: new HttpLambdaIntegration(`${name}-integration`, behind.lambda) },
        ];
      }),
    ) as Record<FunctionName, { behind: CunxinFunction; integration: HttpLambdaIntegration }>;

    const authorizer = new HttpJwtAuthorizer('tokens', identity.userPool.userPoolProviderUrl, {
      jwtAudience: [...identity.clientIds],
    });
    this.api = new HttpApi(this, 'Api', {
      apiName: 'cunxin',
      description: 'Credit for village entrepreneurs',
      createDefaultStage: false,
    });
    for (const route of routes) {
      this.api.addRoutes({
        path: route.path,
        methods: [HttpMethod[route.method]],
        integration: served[route.function].integration,
        authorizer,
        authorizationScopes: [qualifiedScope(route.scope)],
      });
    }
    this.stage = this.deployStage();
    const background = {
      sealer: functionOf('sealer', backgroundFunctions.sealer),
      events: functionOf('events', backgroundFunctions.events),
      webhooks: functionOf('webhooks', backgroundFunctions.webhooks),
      shadow: functionOf('shadow', backgroundFunctions.shadow),
    };
    const deadlines = functionOf('deadlines', backgroundFunctions.deadlines);
    deadlines.lambda.addEnvironment('OPERATOR_TENANTS', operatorsOf(props.machineClients).join());
    new Rule(this, 'ReviewExpirySchedule', {
      description: 'Cases are closed within the hour of their deadline',
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [new LambdaTarget(deadlines.lambda)],
    });
    this.servicing = functionOf('servicing', backgroundFunctions.servicing);
    this.servicing.lambda.addEnvironment('OPERATOR_TENANTS', operatorsOf(props.machineClients).join());
    const ingestQueue = new IngestQueue(this, 'IngestQueue');
    const queueIngest = functionOf('ingest-queue', backgroundFunctions['ingest-queue']);
    ingestQueue.bindReceiver(queueIngest);
    const importBucket = new ImportBucket(this, 'Imports');
    const fileIngest = functionOf('ingest-files', backgroundFunctions['ingest-files']);
    importBucket.bindSigner(served.ingest.behind);
    importBucket.bindImporter(fileIngest);
    const drift = functionOf('drift', backgroundFunctions.drift);
    drift.lambda.addEnvironment('OPERATOR_TENANTS', operatorsOf(props.machineClients).join());
    new Rule(this, 'DriftSchedule', {
      description: 'Every night at half past two in China',
      schedule: Schedule.cron({ hour: '18', minute: '30' }),
      targets: [new LambdaTarget(drift.lambda)],
    });
    const delivery = new WebhookDelivery(this, 'Webhooks');
    delivery.bindSender(background.events);
    delivery.bindReceiver(background.webhooks);
    delivery.bindSigner(background.webhooks);
    delivery.bindSender(served.subscriptions.behind);
    delivery.bindSigner(served.subscriptions.behind);
    const sealing = new StreamConsumer(this, 'Sealing', {
      consumer: background.sealer,
      table: data.table,
      // No filter: whoever could make a record pass one by would have hidden a change. Its own writes come back
      // once and are passed over.
      // Appends of one tenant's day follow one another: fewer and larger ones.
      batchSize: 1_000,
      batchingWindowSeconds: 5,
    });
    const telling = new StreamConsumer(this, 'Telling', {
      consumer: background.events,
      table: data.table,
      filters: eventRecords,
    });
    const shadowing = new StreamConsumer(this, 'Shadowing', {
      consumer: background.shadow,
      table: data.table,
      filters: decisionRecords,
    });
    this.deadLetters = {
      'audit records': sealing.failures,
      'event records': telling.failures,
      'webhook deliveries': delivery.deadLetters,
      'shadow records': shadowing.failures,
      'ingest messages': ingestQueue.deadLetters,
      'file imports': importBucket.failures,
    };
    this.streamConsumers = [background.sealer, background.events, background.shadow];
    this.functions = [
      ...Object.values(served).map(({ behind }) => behind),
      tokens,
      ...Object.values(background),
      deadlines,
      drift,
      queueIngest,
      fileIngest,
      this.servicing,
    ];
    new CfnOutput(this, 'ApiUrl', { value: this.stage.url });
    new CfnOutput(this, 'TokenUrl', { value: `${identity.domain.baseUrl()}/oauth2/token` });
    if (identity.peopleClientId !== undefined) {
      new CfnOutput(this, 'LoginUrl', { value: `${identity.domain.baseUrl()}/oauth2/authorize` });
      new CfnOutput(this, 'PeopleClientId', { value: identity.peopleClientId });
    }
    new CfnOutput(this, 'UserPoolId', { value: identity.userPool.userPoolId });
  }

  private deployStage(): HttpStage {
    const accessLogs = new LogGroup(this, 'AccessLogs', {
      retention: RetentionDays.ONE_YEAR,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    return new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: THROTTLE,
      detailedMetricsEnabled: true,
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLogs),
        format: AccessLogFormat.custom(
          JSON.stringify({
            requestId: '$context.requestId',
            requestTime: '$context.requestTime',
            routeKey: '$context.routeKey',
            status: '$context.status',
            responseLatencyMs: '$context.responseLatency',
            integrationLatencyMs: '$context.integrationLatency',
            responseBytes: '$context.responseLength',
            tenantId: '$context.authorizer.claims.tenant',
            clientId: '$context.authorizer.claims.client_id',
            subject: '$context.authorizer.claims.sub',
            sourceIp: '$context.identity.sourceIp',
            error: '$context.error.message',
            authorizerError: '$context.authorizer.error',
          }),
        ),
      },
    });
  }
}
