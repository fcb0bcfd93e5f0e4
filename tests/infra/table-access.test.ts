import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';
import { tableStatements } from '../../infra/constructs/table-access.ts';

const storeFiles = 'shared/store';
/** They create the local table and read its stream; in AWS the data stack and Lambda do. */
const LOCAL_ONLY = new Set(['create-table.ts', 'table-stream.ts']);

/** The actions that the store's commands, paginators and parts of transactions need. */
async function actionsOfStore(): Promise<Set<string>> {
  const actions = new Set<string>();
  for (const file of (await readdir(storeFiles)).filter((name) => !LOCAL_ONLY.has(name))) {
    const source = await readFile(join(storeFiles, file), 'utf8');
    for (const [, command] of source.matchAll(/new (\w+)Command\(/g)) {
      if (command !== undefined && !command.startsWith('Transact')) actions.add(`dynamodb:${command}`);
    }
    for (const [, operation] of source.matchAll(/\bpaginate([A-Z]\w+)\(/g))
      actions.add(`dynamodb:${operation}`);
    for (const [, part] of source.matchAll(/\b(Put|Update|Delete|Get|ConditionCheck): \{/g)) {
      actions.add(part === 'ConditionCheck' ? 'dynamodb:ConditionCheckItem' : `dynamodb:${part}Item`);
    }
  }
  return actions;
}

describe('access to read and write the table', () => {
  it('allows exactly what the store does', async () => {
    const stack = new Stack(new App(), 'Access');
    const encryptionKey = new Key(stack, 'Key');
    const table = new Table(stack, 'Table', { partitionKey: { name: 'pk', type: AttributeType.STRING } });
    const granted = tableStatements({ table, encryptionKey }, { access: 'readWrite' })
      .flatMap(({ actions }) => actions)
      .filter((action) => action.startsWith('dynamodb:'));
    expect([...new Set(granted)].sort()).toEqual([...(await actionsOfStore())].sort());
  });
});
