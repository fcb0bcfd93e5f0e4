import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { BlockPublicAccess, Bucket, BucketEncryption, CfnBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { CunxinFunction } from './cunxin-function.ts';

const FILES = 'imports/';
const REJECTS = 'rejects/';

/**
 * Where files of transactions wait to be imported, and their rejects reports to be fetched: encrypted by a key of
 * its own, files gone after 30 days and reports after 90. A file that arrives calls the importer.
 */
export class ImportBucket extends Construct {
  readonly bucket: Bucket;
  readonly encryptionKey: Key;
  /** Events of files whose import failed for good. */
  readonly failures: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.encryptionKey = new Key(this, 'Key', {
      description: 'Encrypts files of transactions on their way in',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.encryptionKey,
      bucketKeyEnabled: true,
      versioned: false,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        { prefix: FILES, expiration: Duration.days(30) },
        { prefix: REJECTS, expiration: Duration.days(90) },
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
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
    this.bind(target, [
      { action: 's3:PutObject', prefix: FILES },
      { action: 's3:GetObject', prefix: REJECTS },
    ]);
  }

  /** Have a function called with each file that arrives; it reads the file and writes its report. */
  bindImporter(target: CunxinFunction): void {
    this.bind(target, [
      { action: 's3:GetObject', prefix: FILES },
      { action: 's3:PutObject', prefix: REJECTS },
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

  private bind(target: CunxinFunction, grants: readonly { action: string; prefix: string }[]): void {
    target.lambda.addEnvironment('IMPORT_BUCKET', this.bucket.bucketName);
    for (const { action, prefix } of grants) {
      // Keys are one to an import, so the bucket says who may use them: a role names what it may touch one by one.
      this.bucket.addToResourcePolicy(
        new PolicyStatement({
          principals: [target.lambda.grantPrincipal],
          actions: [action],
          resources: [this.bucket.arnForObjects(`${prefix}ten_*`)],
        }),
      );
    }
    target.lambda.addToRolePolicy(
      new PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [this.encryptionKey.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `s3.${Stack.of(this).region}.amazonaws.com` } },
      }),
    );
  }
}
