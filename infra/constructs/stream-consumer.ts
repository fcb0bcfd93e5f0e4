import { Duration, Validations } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { CunxinFunction } from './cunxin-function.ts';

export interface StreamConsumerProps {
  readonly consumer: CunxinFunction;
  readonly table: Table;
  /** Patterns of DynamoDB's event filtering; a record that matches one is passed on. Default: every record. */
  readonly filters?: readonly object[];
  readonly batchSize?: number;
  readonly batchingWindowSeconds?: number;
}

const BATCH_SIZE = 100;
const BATCHING_WINDOW_SECONDS = 1;
/** The stream keeps a day: trying for six hours outlasts an outage and leaves time to act on the alarm. */
const RECORD_AGE_MAX = Duration.hours(6);
const RETRIES_MAX = 60;

/**
 * A function behind the table's stream: in order for each item, a failed batch halved until the one record that
 * fails is alone, and that record's place in the stream kept in a queue rather than lost.
 */
export class StreamConsumer extends Construct {
  readonly failures: Queue;

  constructor(scope: Construct, id: string, props: StreamConsumerProps) {
    super(scope, id);
    const { consumer, table, filters } = props;
    this.failures = new Queue(this, 'Failures', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this.failures).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is itself where failures of the stream end.',
    });
    const { tableStreamArn } = table;
    if (tableStreamArn === undefined) throw new Error('the table has no stream');
    consumer.lambda.addToRolePolicy(
      new PolicyStatement({
        actions: [
          'dynamodb:DescribeStream',
          'dynamodb:GetRecords',
          'dynamodb:GetShardIterator',
          'dynamodb:ListStreams',
        ],
        resources: [tableStreamArn],
      }),
    );
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: consumer.lambda,
      eventSourceArn: tableStreamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: props.batchSize ?? BATCH_SIZE,
      maxBatchingWindow: Duration.seconds(props.batchingWindowSeconds ?? BATCHING_WINDOW_SECONDS),
      bisectBatchOnError: true,
      retryAttempts: RETRIES_MAX,
      maxRecordAge: RECORD_AGE_MAX,
      onFailure: new SqsDlq(this.failures),
      ...(filters === undefined
        ? {}
        : { filters: filters.map((pattern) => ({ pattern: JSON.stringify(pattern) })) }),
    });
    // Lambda looks whether the role may read the stream when the mapping is made.
    if (consumer.lambda.role !== undefined) mapping.node.addDependency(consumer.lambda.role);
  }
}
