import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { CunxinFunction } from './cunxin-function.ts';
import { PrivateBucket } from './private-bucket.ts';

/**
 * One object for each person: their data key, wrapped by a KMS key of its own. Without versions, replication or
 * backup, because deleting an object must be the end of that person's key.
 */
export class PersonKeyBucket extends PrivateBucket {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      keyDescription: 'Wraps the data keys of persons',
      // Each object its own call to KMS, so that CloudTrail names the person whose key was used.
      bucketKeyEnabled: false,
      withoutAccessLog:
        'Every use of an object is a use of its KMS key, which CloudTrail records with its name.',
    });
  }

  /** Tell a function its bucket, and allow it to make, use and destroy keys. */
  bindTo(target: CunxinFunction): void {
    this.grant(target, 'PERSON_KEYS_BUCKET', [
      { actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], prefix: '' },
    ]);
    // Without it a key that is not there answers 403, as one that may not be read.
    target.lambda.addToRolePolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }),
    );
  }
}
