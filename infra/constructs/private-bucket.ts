import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { CunxinFunction } from './cunxin-function.ts';

export interface PrivateBucketProps extends Pick<BucketProps, 'bucketKeyEnabled' | 'lifecycleRules'> {
  /** What its key encrypts. */
  readonly keyDescription: string;
  /** Why S3's own access log adds nothing here. */
  readonly withoutAccessLog: string;
}

/** What a function may do with objects of tenants whose keys begin with `prefix`. */
export interface ObjectGrant {
  readonly actions: readonly string[];
  readonly prefix: string;
}

/** A bucket for functions alone: encrypted by a key of its own, kept when the stack goes, every key under a tenant. */
export class PrivateBucket extends Construct {
  readonly bucket: Bucket;
  readonly encryptionKey: Key;

  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id);
    const { keyDescription, withoutAccessLog, ...bucketProps } = props;
    this.encryptionKey = new Key(this, 'Key', {
      description: keyDescription,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.bucket = new Bucket(this, 'Bucket', {
      ...bucketProps,
      encryption: BucketEncryption.KMS,
      encryptionKey: this.encryptionKey,
      versioned: false,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.bucket).acknowledge({ id: 'AwsSolutions-S1', reason: withoutAccessLog });
  }

  /** Tell a function its bucket by the environment variable `variable`, and allow it what it does there. */
  grant(target: CunxinFunction, variable: string, grants: readonly ObjectGrant[]): void {
    target.lambda.addEnvironment(variable, this.bucket.bucketName);
    for (const { actions, prefix } of grants) {
      // Objects are many to a tenant, so the bucket says who may use them: a role names what it may touch one by one.
      this.bucket.addToResourcePolicy(
        new PolicyStatement({
          principals: [target.lambda.grantPrincipal],
          actions: [...actions],
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
