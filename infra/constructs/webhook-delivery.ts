import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { CunxinFunction } from './cunxin-function.ts';

/** The longest schedule of attempts takes some thirty hours; a queue of four days outlives an outage as well. */
const RETENTION = Duration.days(4);
/** Only a fault of ours throws: a receiver that fails is counted, and ends, by the function itself. */
const RECEIVES_MAX = 20;
/** AWS recommends six times the function's own time. */
const VISIBILITY = Duration.seconds(180);
/** Messages in delivery at once, so receivers that stall cannot take all of the account's concurrency. */
const CONCURRENCY_MAX = 50;

/**
 * The way of events to webhooks: a queue, first in first out for each endpoint and subject, and the HMAC key that
 * endpoints' secrets derive from. The key never leaves KMS.
 */
export class WebhookDelivery extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly secretKey: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const fifo = {
      fifo: true,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    };
    this.deadLetters = new Queue(this, 'DeadLetters', { ...fifo, retentionPeriod: Duration.days(14) });
    this.queue = new Queue(this, 'Queue', {
      ...fifo,
      retentionPeriod: RETENTION,
      visibilityTimeout: VISIBILITY,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: RECEIVES_MAX },
    });
    this.secretKey = new Key(this, 'SecretKey', {
      description: 'Derives the secrets of Cunxin webhook endpoints',
      keySpec: KeySpec.HMAC_256,
      keyUsage: KeyUsage.GENERATE_VERIFY_MAC,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** Let a function put messages into the queue. */
  bindSender({ lambda }: CunxinFunction): void {
    lambda.addEnvironment('DELIVERY_QUEUE_URL', this.queue.queueUrl);
    lambda.addToRolePolicy(this.statement(['sqs:SendMessage']));
  }

  /** Let a function derive secrets. */
  bindSigner({ lambda }: CunxinFunction): void {
    lambda.addEnvironment('WEBHOOK_KEY_ID', this.secretKey.keyId);
    lambda.addToRolePolicy(
      new PolicyStatement({ actions: ['kms:GenerateMac'], resources: [this.secretKey.keyArn] }),
    );
  }

  /** Have a function called with each message, one at a time. */
  bindReceiver({ lambda }: CunxinFunction): void {
    lambda.addEnvironment('DELIVERY_QUEUE_URL', this.queue.queueUrl);
    lambda.addToRolePolicy(
      this.statement([
        'sqs:ReceiveMessage',
        'sqs:DeleteMessage',
        'sqs:ChangeMessageVisibility',
        'sqs:GetQueueAttributes',
      ]),
    );
    new EventSourceMapping(Stack.of(lambda), 'DeliveryMapping', {
      target: lambda,
      eventSourceArn: this.queue.queueArn,
      batchSize: 1,
      maxConcurrency: CONCURRENCY_MAX,
      reportBatchItemFailures: true,
    }).node.addDependency(lambda.role ?? lambda);
  }

  private statement(actions: string[]): PolicyStatement {
    return new PolicyStatement({ actions, resources: [this.queue.queueArn] });
  }
}
