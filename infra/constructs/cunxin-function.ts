import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type EncryptedTable, type TableGrant, tableStatements } from './table-access.ts';

export interface FunctionMonitoring {
  /** What a user loses when the function fails, in a full sentence: the alarm's text. */
  readonly errorImpact: string;
  /** The 99th percentile of its duration above which someone is told, in milliseconds. */
  readonly durationP99MsMax: number;
}

export interface CunxinFunctionProps {
  /** Its folder under functions/, and the `function` dimension of its metrics. */
  readonly name: string;
  /** The directory `bundleFunction` made. */
  readonly bundleDirectory: string;
  readonly description: string;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly monitoring: FunctionMonitoring;
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * A function as all of ours are: arm64, Node 24, one bundled module, its own log group and a role that may
 * write to that log and nothing else until something is bound to it.
 *
 * Not traced by X-Ray: HTTP APIs do not pass a trace on, each function makes one round trip to one table, and
 * the request id already joins the access log to the function's record.
 */
export class CunxinFunction extends Construct {
  readonly name: string;
  readonly monitoring: FunctionMonitoring;
  readonly lambda: LambdaFunction;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: CunxinFunctionProps) {
    super(scope, id);
    this.name = props.name;
    this.monitoring = props.monitoring;
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.SIX_MONTHS,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(logStatement(this.logGroup));
    this.lambda = new LambdaFunction(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(props.bundleDirectory),
      handler: 'index.handler',
      memorySize: props.memoryMiB,
      timeout: Duration.seconds(props.timeoutSeconds),
      role,
      logGroup: this.logGroup,
      environment: { ...props.environment },
    });
  }

  /** Tell the function its table and allow it exactly what `grant` says, in one call. */
  bindTable(data: EncryptedTable, grant: TableGrant): this {
    this.lambda.addEnvironment('TABLE_NAME', data.table.tableName);
    for (const statement of tableStatements(data, grant)) this.lambda.addToRolePolicy(statement);
    return this;
  }
}

/** To write to one log group that exists. */
export function logStatement(logGroup: ILogGroup): PolicyStatement {
  return new PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroup.logGroupArn],
  });
}
