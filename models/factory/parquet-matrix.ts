import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { featureListHash, features } from '../../shared/features/feature-list.ts';
import type { MatrixRow } from './matrix-file.ts';

/** Rows held before they are encoded: about 1 MB of features. */
const ROWS_PER_GROUP = 4_096;

interface Column {
  readonly name: string;
  readonly type: 'STRING' | 'INT32' | 'FLOAT';
  readonly of: (row: MatrixRow) => string | number | null;
}

/**
 * Write rows to a Parquet file as they come, `rows` again yielding each once it is held: the columns of the CSV
 * matrix (`id`, `as_of`, `label`, `meta_…`, features), features as 32-bit floats, missing as null. The file's
 * metadata has `featureListHash`. Raises RangeError without a row.
 */
export async function* alsoToParquet(
  file: string,
  rows: Iterable<MatrixRow> | AsyncIterable<MatrixRow>,
): AsyncGenerator<MatrixRow> {
  let columns: readonly Column[] | null = null;
  let writer: ParquetWriter | null = null;
  let group: MatrixRow[] = [];
  const writeGroup = async () => {
    if (columns === null || writer === null || group.length === 0) return;
    const held = group;
    group = [];
    const columnData = columns.map(({ name, type, of }) => ({
      name,
      type,
      nullable: true,
      data: held.map(of),
    }));
    await writer.write({ columnData, rowGroupSize: ROWS_PER_GROUP });
  };
  for await (const row of rows) {
    if (columns === null || writer === null) {
      columns = columnsOf(Object.keys(row.meta));
      writer = new ParquetWriter({
        writer: fileWriter(file),
        schema: [
          { name: 'root', num_children: columns.length },
          ...columns.map(({ name, type }) => ({
            name,
            repetition_type: 'OPTIONAL' as const,
            ...(type === 'STRING'
              ? { type: 'BYTE_ARRAY' as const, converted_type: 'UTF8' as const }
              : { type }),
          })),
        ],
        kvMetadata: [{ key: 'featureListHash', value: featureListHash }],
        createdBy: 'cunxin export-matrix',
      });
    }
    group.push(row);
    if (group.length === ROWS_PER_GROUP) await writeGroup();
    yield row;
  }
  if (writer === null) throw new RangeError('a matrix needs at least one row');
  await writeGroup();
  await writer.finish();
}

function columnsOf(metaNames: readonly string[]): Column[] {
  return [
    { name: 'id', type: 'STRING', of: (row) => row.id },
    { name: 'as_of', type: 'STRING', of: (row) => row.asOf },
    { name: 'label', type: 'INT32', of: ({ defaulted }) => (defaulted === null ? null : Number(defaulted)) },
    ...metaNames.map(
      (name): Column => ({ name: `meta_${name}`, type: 'STRING', of: (row) => String(row.meta[name] ?? '') }),
    ),
    ...features.map(
      ({ name }, index): Column => ({ name, type: 'FLOAT', of: (row) => knownOrNull(row.features[index]) }),
    ),
  ];
}

const knownOrNull = (value: number | undefined) =>
  value === undefined || Number.isNaN(value) ? null : value;
