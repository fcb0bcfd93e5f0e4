/** What the reference says before its first operation. Markdown. */
export const REFERENCE_INTRODUCTION = `Amounts are integers of the minor unit (fen). Instants are UTC with \`Z\`; business dates are \`YYYY-MM-DD\` in the
station's time zone. Unknown fields are refused. An object of another tenant answers 404, as one that does not exist.

**Errors** are problem details (RFC 9457) with a stable \`code\` for programs, the offending fields in \`issues\`, and a
\`requestId\` to quote. Which codes an operation answers stands beside each status.

**Repeating a request is safe.** Where an \`Idempotency-Key\` is asked for, the same key with the same input gives the
first answer again (\`idempotent-replayed: true\`), with other input 422, and 409 while the first is still at work. Keys
are kept for 72 hours.

**Lists** are read page by page: send \`nextCursor\` back as \`cursor\`, with the same filters, until there is none. What
is added meanwhile moves no page.

**Answers with an \`ETag\`** may be asked for again with \`If-None-Match\`: 304 when nothing has changed.

**429** says in \`Retry-After\` how many seconds to wait.`;

/** Groups of operations, in the reference's order. */
export const tagDescriptions: Readonly<Record<string, string>> = {
  Counties: 'Counties (县) and who heads their leading group; this is reported, and never enters a score.',
  Stations: 'Village service stations (村级服务站) and what they did, transaction by transaction.',
  Entrepreneurs: 'Those who run or serve stations (创业者): role, training, who vouches for them.',
  Consents: 'A person’s permission to read their data: for what, to whom, until when.',
  Programs: 'Loan programs of a county’s incubator, and the terms they lend on.',
  Persons: 'Who an entrepreneur is, sealed under a key of their own; a copy of everything; erasure.',
  Imports: 'Files of transactions of any size.',
  Applications: 'Applications are decided as they are submitted; a corrected fact leads to a new decision.',
  Decisions: 'Decisions with their exact reasons, what would change them, and an explanation in words.',
  Reviews: 'Cases that a person decides: referred by a rule, or contested by the applicant.',
  Offers: 'What an approval offers: its calendar, and its acceptance, which opens a loan.',
  Loans: 'Disbursement, repayments, changes and papers of a loan.',
  Portfolio: 'Figures over all loans of a lender: quality, cohorts, yields, balances, capital.',
  Collections: 'Whom to contact about arrears, and what came of it.',
  Audit: 'Every change and every read of an object, chained day by day.',
  Webhooks: 'Where events are sent, signed as Standard Webhooks, and what could not be delivered.',
  Events: 'What happened, from any point of the last 90 days.',
};
