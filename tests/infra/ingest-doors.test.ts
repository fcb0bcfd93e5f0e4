import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { deploymentOfFile, functionIdOf, idOf, resourcesOf } from './synthesized-deployment.ts';

const deployed = deploymentOfFile();

const arnOf = (name: string) => ({ 'Fn::GetAtt': [functionIdOf(deployed().service, name), 'Arn'] });

describe('the ingest queue', () => {
  it('gives a message back by itself, and after five receives to the dead letters for fourteen days', () => {
    const queues = resourcesOf(deployed().service, 'AWS::SQS::Queue').filter(({ id }) =>
      id.startsWith('IngestQueue'),
    );
    const [queue] = queues.filter(({ Properties }) => Properties.RedrivePolicy !== undefined);
    const [deadLetters] = queues.filter(({ Properties }) => Properties.RedrivePolicy === undefined);
    expect(queue?.Properties).toMatchObject({
      SqsManagedSseEnabled: true,
      RedrivePolicy: { maxReceiveCount: 5, deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters?.id, 'Arn'] } },
    });
    expect(deadLetters?.Properties).toMatchObject({ MessageRetentionPeriod: 1_209_600 });
    deployed().service.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [queue?.id, 'Arn'] },
      FunctionName: { Ref: functionIdOf(deployed().service, 'ingest-queue') },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    // A message must not come back while a function still works on it.
    const timeout =
      deployed().service.findResources('AWS::Lambda::Function')[
        functionIdOf(deployed().service, 'ingest-queue')
      ]?.Properties.Timeout;
    expect(queue?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * timeout);
  });

  it('has an alarm for dead letters, and a command that sends them again', () => {
    const told = resourcesOf(deployed().observability, 'AWS::CloudWatch::Alarm').map(({ Properties }) =>
      JSON.stringify(Properties.AlarmDescription),
    );
    for (const what of ['ingest messages', 'file imports']) {
      expect(told.some((text) => text.includes(`Some ${what} failed for good`))).toBe(true);
    }
    const outputs = JSON.stringify(deployed().service.findOutputs('*'));
    expect(outputs).toContain('aws sqs start-message-move-task --source-arn');
  });
});

describe('the import bucket', () => {
  const bucketId = () =>
    idOf(deployed().service, 'AWS::S3::Bucket', {
      LifecycleConfiguration: {
        Rules: Match.arrayWith([
          Match.objectLike({ Prefix: 'imports/', ExpirationInDays: 30 }),
          Match.objectLike({ Prefix: 'rejects/', ExpirationInDays: 90 }),
        ]),
      },
    });

  it('is encrypted by a key of its own, private, and forgets files after a month', () => {
    const bucket = deployed().service.findResources('AWS::S3::Bucket')[bucketId()]?.Properties;
    expect(
      bucket.BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault,
    ).toMatchObject({
      SSEAlgorithm: 'aws:kms',
      KMSMasterKeyID: { 'Fn::GetAtt': [expect.stringMatching(/^ImportsKey/), 'Arn'] },
    });
    expect(Object.values(bucket.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
  });

  it('lets the API sign uploads and reports, the importer read and report, and nobody else', () => {
    const policies = resourcesOf(deployed().service, 'AWS::S3::BucketPolicy').filter(({ Properties }) =>
      JSON.stringify(Properties.Bucket).includes(bucketId()),
    );
    const statements = policies.flatMap(
      ({ Properties }) => (Properties.PolicyDocument as { Statement: Record<string, unknown>[] }).Statement,
    );
    const allowed = statements
      .filter(({ Effect }) => Effect === 'Allow')
      .map(({ Action, Resource, Principal }) => {
        const folder = /\/(imports|rejects)\/ten_\*/.exec(JSON.stringify(Resource))?.[1];
        const role = /"(ingest\w*?)Role/.exec(JSON.stringify(Principal))?.[1];
        return `${role} ${Action} ${folder}`;
      });
    expect(allowed.sort()).toEqual([
      'ingest s3:GetObject rejects',
      'ingest s3:PutObject imports',
      'ingestfiles s3:GetObject imports',
      'ingestfiles s3:PutObject rejects',
    ]);
  });

  it('calls the importer with each file that arrives, and keeps what failed for good', () => {
    deployed().service.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { bucket: { name: [{ Ref: bucketId() }] }, object: { key: [{ prefix: 'imports/' }] } },
      },
      Targets: [Match.objectLike({ Arn: arnOf('ingest-files') })],
    });
    deployed().service.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: functionIdOf(deployed().service, 'ingest-files') },
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    });
  });
});
