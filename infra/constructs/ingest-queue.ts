import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { CunxinFunction } from './cunxin-function.ts';

/** A message comes back to the queue this often before it counts as poison. */
const RECEIVES_MAX = 5;
/** Six times the function's own time, as AWS recommends. */
const VISIBILITY = Duration.seconds(360);
/** Messages of one station are merged: a wider window is fewer writes of each day. */
const BATCH_SIZE = 100;
const BATCHING_WINDOW_SECONDS = 5;
/** Writers at once, so that a flood by queue leaves concurrency to requests. */
const CONCURRENCY_MAX = 20;

/**
 * The queue's door to ingest. Adapters of the operator are let at it by IAM, one by one: nobody is here. What
 * cannot be taken ends in the dead-letter queue for fourteen days; `RedriveIngestDeadLetters` sends it again.
 */
export class IngestQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.deadLetters = new Queue(this, 'DeadLetters', { ...common, retentionPeriod: Duration.days(14) });
    this.queue = new Queue(this, 'Queue', {
      ...common,
      retentionPeriod: Duration.days(7),
      visibilityTimeout: VISIBILITY,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: RECEIVES_MAX },
    });
    new CfnOutput(this, 'IngestQueueUrl', { value: this.queue.queueUrl });
    new CfnOutput(this, 'RedriveIngestDeadLetters', {
      description: 'Sends the dead letters of ingest again, once their cause is mended',
      value: `aws sqs start-message-move-task --source-arn ${this.deadLetters.queueArn}`,
    });
  }

  /** Have a function called with batches; it says itself which messages of a batch failed. */
  bindReceiver({ lambda }: CunxinFunction): void {
    lambda.addToRolePolicy(
      new PolicyStatement({
        actions: [
          'sqs:ReceiveMessage',
          'sqs:DeleteMessage',
          'sqs:ChangeMessageVisibility',
          'sqs:GetQueueAttributes',
        ],
        resources: [this.queue.queueArn],
      }),
    );
    new EventSourceMapping(Stack.of(lambda), 'IngestMapping', {
      target: lambda,
      eventSourceArn: this.queue.queueArn,
      batchSize: BATCH_SIZE,
      maxBatchingWindow: Duration.seconds(BATCHING_WINDOW_SECONDS),
      maxConcurrency: CONCURRENCY_MAX,
      reportBatchItemFailures: true,
    }).node.addDependency(lambda.role ?? lambda);
  }
}
