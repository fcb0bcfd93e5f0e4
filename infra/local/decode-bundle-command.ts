import { recordedTransaction } from '../../shared/domain/day-bundle.ts';
import { decodeBundle } from '../../shared/store/bundle-codec.ts';

const USAGE = `Usage: npm run decode-bundle -- BASE64
       … | npm run decode-bundle

Prints the transactions of a stored bundle, or of one part of a busy day: the attribute "rows" of its item, in
base64 as the AWS console and CLI show it. The layout is described in shared/store/bundle-codec.ts.
`;

async function given(): Promise<string> {
  const [argument] = process.argv.slice(2);
  if (argument !== undefined) return argument;
  if (process.stdin.isTTY) return '';
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

const text = (await given()).replaceAll(/["\s]/g, '');
if (text === '' || text === '--help') {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  try {
    const { day, currency, rows } = decodeBundle(Buffer.from(text, 'base64'));
    const transactions = rows.map((row) => recordedTransaction(row, currency));
    console.log(JSON.stringify({ day, currency, transactions }, null, 2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
