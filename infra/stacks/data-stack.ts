import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { daySummaryIndex, TIME_TO_LIVE_ATTRIBUTE, tableKeys } from '../../shared/store/table.ts';
import type { EncryptedTable } from '../constructs/table-access.ts';

/**
 * The one table, as shared/store/table.ts lays it out, and the key that encrypts it. The key is our own rather
 * than AWS's: who may read villagers' credit data is then written down in one more place than the table, every
 * use of the key is audited, and disabling it closes the data at once. Both outlive the stack.
 */
export class DataStack extends Stack implements EncryptedTable {
  readonly table: Table;
  readonly encryptionKey: Key;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    this.encryptionKey = new Key(this, 'TableKey', {
      description: 'Encrypts the Cunxin table',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.table = new Table(this, 'Table', {
      partitionKey: { name: tableKeys.partition, type: AttributeType.STRING },
      sortKey: { name: tableKeys.sort, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: TIME_TO_LIVE_ATTRIBUTE,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.encryptionKey,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true, recoveryPeriodInDays: 35 },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: daySummaryIndex.name,
      partitionKey: { name: daySummaryIndex.partition, type: AttributeType.STRING },
      sortKey: { name: daySummaryIndex.sort, type: AttributeType.STRING },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...daySummaryIndex.projected],
    });
  }
}
