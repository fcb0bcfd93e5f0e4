import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { CunxinFunction } from './cunxin-function.ts';

/**
 * One object for each person: their data key, wrapped by a KMS key of its own. Without versions, replication or
 * backup, because deleting an object must be the end of that person's key.
 */
export class PersonKeyBucket extends Construct {
  readonly bucket: Bucket;
  readonly encryptionKey: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.encryptionKey = new Key(this, 'Key', {
      description: 'Wraps the data keys of persons',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.encryptionKey,
      // Each object its own call to KMS, so that CloudTrail names the person whose key was used.
      bucketKeyEnabled: false,
      versioned: false,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'Every use of an object is a use of its KMS key, which CloudTrail records with its name.',
    });
  }

  /** Tell a function its bucket, and allow it to make, use and destroy keys. */
  bindTo(target: CunxinFunction): void {
    target.lambda.addEnvironment('PERSON_KEYS_BUCKET', this.bucket.bucketName);
    // Objects are one to a person, so the bucket says who may use them: a role names what it may touch one by one.
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [target.lambda.grantPrincipal],
        actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        resources: [this.bucket.arnForObjects('ten_*')],
      }),
    );
    const statements = [
      // Without it a key that is not there answers 403, as one that may not be read.
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }),
      new PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [this.encryptionKey.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `s3.${Stack.of(this).region}.amazonaws.com` } },
      }),
    ];
    for (const statement of statements) target.lambda.addToRolePolicy(statement);
  }
}
