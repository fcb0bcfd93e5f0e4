import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Actor, currentActing } from './acting.ts';
import { CHANGED_BY_ATTRIBUTE } from './table.ts';

type Attributes = Readonly<Record<string, AttributeValue>>;
interface Update {
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeValues?: Attributes;
}

/**
 * Stamp every item a client writes within `actAs` with who writes it. The stamp is part of the write itself, so
 * a change and its author are recorded together or not at all, and the table's stream carries both to the audit
 * log: no store file does anything for it, or can forget to.
 */
export function stampChanges(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const acting = currentActing();
      if (acting === undefined) return next(args);
      return next({ ...args, input: stamped(args.input, { S: stampOf(acting.actor) }) });
    },
    { step: 'initialize', name: 'stampChanges' },
  );
}

/** One short text rather than a map: it is on every item, and bytes are write units. */
export const stampOf = ({ tenantId, subject, operation, requestId }: Actor) =>
  JSON.stringify([tenantId, subject, operation, requestId]);

function stamped<Input extends object>(input: Input, stamp: AttributeValue): Input {
  if ('TransactItems' in input && Array.isArray(input.TransactItems)) {
    return { ...input, TransactItems: input.TransactItems.map((part: object) => stampedPart(part, stamp)) };
  }
  if ('RequestItems' in input && typeof input.RequestItems === 'object' && input.RequestItems !== null) {
    const tables = Object.entries(input.RequestItems).map(([table, requests]) => [
      table,
      Array.isArray(requests) ? requests.map((request: object) => stampedPart(request, stamp)) : requests,
    ]);
    return { ...input, RequestItems: Object.fromEntries(tables) };
  }
  if ('Item' in input)
    return { ...input, Item: { ...(input.Item as Attributes), [CHANGED_BY_ATTRIBUTE]: stamp } };
  return 'UpdateExpression' in input ? { ...input, ...stampedUpdate(input as Update, stamp) } : input;
}

/** A part of a transaction or batch: `{ Put: … }`, `{ Update: … }`, `{ PutRequest: … }`. */
function stampedPart(part: object, stamp: AttributeValue): object {
  return Object.fromEntries(
    Object.entries(part).map(([name, inner]) =>
      name === 'Put' || name === 'Update' || name === 'PutRequest'
        ? [name, stamped(inner as object, stamp)]
        : [name, inner],
    ),
  );
}

function stampedUpdate(update: Update, stamp: AttributeValue): Update {
  const assignment = `${CHANGED_BY_ATTRIBUTE} = :${CHANGED_BY_ATTRIBUTE}`;
  const expression = update.UpdateExpression ?? '';
  return {
    UpdateExpression: /\bSET\b/.test(expression)
      ? expression.replace(/\bSET\b/, `SET ${assignment},`)
      : `${expression} SET ${assignment}`,
    ExpressionAttributeValues: { ...update.ExpressionAttributeValues, [`:${CHANGED_BY_ATTRIBUTE}`]: stamp },
  };
}
