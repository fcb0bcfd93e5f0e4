import { Duration, Validations } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { CunxinFunction } from './cunxin-function.ts';
import { PrivateBucket } from './private-bucket.ts';

const BUCKET_VARIABLE = 'IMPORT_BUCKET';
const FILES = 'imports/';
const REJECTS = 'rejects/';

/**
 * Where files of transactions wait to be imported, and their rejects reports to be fetched: encrypted by a key of
 * its own, files gone after 30 days and reports after 90. A file that arrives calls the importer.
 */
export class ImportBucket extends PrivateBucket {
  /** Events of files whose import failed for good. */
  readonly failures: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id, {
      keyDescription: 'Encrypts files of transactions on their way in',
      bucketKeyEnabled: true,
      lifecycleRules: [
        { prefix: FILES, expiration: Duration.days(30) },
        { prefix: REJECTS, expiration: Duration.days(90) },
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      withoutAccessLog:
        'Each file is one import, which the table records with who asked for it; files are gone in 30 days.',
    });
    // CDK's own property would bring a function of its own, with a managed policy, to set this one flag.
    const resource = this.bucket.node.defaultChild;
    if (resource instanceof CfnBucket) {
      resource.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
    }
    this.failures = new Queue(this, 'Failures', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this.failures).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'It is itself where imports that failed end.',
    });
  }

  /** Let a function sign uploads of files and downloads of reports: a signature can do what its signer can. */
  bindSigner(target: CunxinFunction): void {
    this.grant(target, BUCKET_VARIABLE, [
      { actions: ['s3:PutObject'], prefix: FILES },
      { actions: ['s3:GetObject'], prefix: REJECTS },
    ]);
  }

  /** Have a function called with each file that arrives; it reads the file and writes its report. */
  bindImporter(target: CunxinFunction): void {
    this.grant(target, BUCKET_VARIABLE, [
      { actions: ['s3:GetObject'], prefix: FILES },
      { actions: ['s3:PutObject'], prefix: REJECTS },
    ]);
    target.lambda.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: new SqsDestination(this.failures),
    });
    new Rule(this, 'Arrivals', {
      description: 'A file of transactions has arrived',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [this.bucket.bucketName] }, object: { key: [{ prefix: FILES }] } },
      },
      targets: [new LambdaTarget(target.lambda)],
    });
  }
}
