import { describe, expect, inject, it } from 'vitest';
import { freePort } from '../../infra/local/engine.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { tableAnswers } from '../../shared/store/table-health.ts';
import { useTable } from '../support/engine.ts';

const table = useTable();

describe('the health of the table', () => {
  it('is good while it answers', async () => {
    expect(await tableAnswers(table())).toBe(true);
  });

  it('is not while nothing listens, or there is no such table', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect(await tableAnswers(openTable({ endpoint: nobody, tableName: 'none', attemptsMax: 1 }))).toBe(
      false,
    );
    const missing = openTable({ endpoint: inject('engineEndpoint'), tableName: 'no-such-table' });
    expect(await tableAnswers(missing)).toBe(false);
  });
});
