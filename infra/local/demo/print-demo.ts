import Table from 'cli-table3';
import type { Decision, Offer } from '../../../shared/domain/decision.ts';
import { formatMinor } from '../../../shared/domain/money.ts';
import type { DemoDecision } from './run-demo.ts';

const plain = { style: { head: [], border: [] } };
const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
const bps = (value: number) => `${(value / 100).toFixed(2)} %`;
const yuan = (minor: number) => `¥${formatMinor(minor).replace(/\.00$/, '')}`;

/** All decisions, one a line. */
export function decisionsTable(decisions: readonly DemoDecision[]): string {
  const table = new Table({
    head: ['station', 'asked', 'outcome', 'score', 'PD', 'true PD', 'limit', 'APR', 'why'],
    colWidths: [16, 12, 10, 7, 8, 9, 12, 9, 56],
    wordWrap: true,
    ...plain,
  });
  for (const { decision, truePd } of decisions) {
    const { application, score } = decision.input;
    const best = decision.offers[0];
    table.push([
      application.stationId.replace(/^stn_/, ''),
      yuan(application.requestedPrincipalMinor),
      decision.outcome,
      score?.creditScore ?? '–',
      score === null ? '–' : percent(score.probabilityOfDefault),
      truePd === null ? '–' : percent(truePd),
      decision.limitMinor === 0 ? '–' : yuan(decision.limitMinor),
      best === undefined ? '–' : bps(best.aprBps),
      decision.reasons.map((reason) => reason.sentences.en).join('; '),
    ]);
  }
  return table.toString();
}

/** One decision in full: what mattered, points by term, what would change the answer, what is on offer. */
export function decisionText(decision: Decision): string {
  const { application, score, history, station } = decision.input;
  const lines = [
    `Decision ${decision.decisionId}: ${decision.outcome}`,
    `${application.stationId}, ${station?.village ?? ''}, asked for ${yuan(application.requestedPrincipalMinor)} ` +
      `over ${application.requestedTermMonths} months (${application.purpose})`,
  ];
  if (history !== null) {
    lines.push(
      `History ${history.firstDay} to ${history.lastDay}: ${history.transactionCount} transactions ` +
        `on ${history.activeDays} days`,
    );
  }
  if (score !== null) lines.push('', scoreText(score));
  if (decision.reasons.length > 0) {
    const reasons = decision.reasons.map(({ sentences }) => `  ${sentences.zh} · ${sentences.en}`);
    lines.push('', 'Reasons', ...reasons);
  }
  const path = decision.pathToApproval;
  if (path !== null) {
    lines.push(
      '',
      path.reachesCutOff
        ? `Path to approval: these together reach ${path.creditScore} (needed: ${path.cutOff})`
        : `Nothing within reach gets to ${path.cutOff}; these together reach ${path.creditScore}`,
      ...path.steps.map(
        ({ sentences, creditScoreGain }) =>
          `  ${sentences.zh} · ${sentences.en} (${creditScoreGain >= 0 ? '+' : ''}${creditScoreGain.toFixed(0)} points)`,
      ),
    );
  }
  if (decision.offers.length > 0) lines.push('', 'Offers', ...decision.offers.map(offerLine));
  return lines.join('\n');
}

function scoreText(score: NonNullable<Decision['input']['score']>): string {
  const table = new Table({ head: ['what mattered', 'points'], ...plain });
  const byWeight = [...score.terms].sort((a, b) => Math.abs(b.points) - Math.abs(a.points));
  const shown = byWeight.slice(0, 10);
  const rest = byWeight.slice(10).reduce((sum, term) => sum + term.points, 0);
  table.push(['an applicant like those who repaid', score.basePoints.toFixed(1)]);
  for (const term of shown) table.push([term.term, signed(term.points)]);
  table.push([`${byWeight.length - shown.length} other terms`, signed(rest)]);
  return [
    `Credit score ${score.creditScore}, probability of default ${percent(score.probabilityOfDefault)} ` +
      `(model ${score.modelVersion})`,
    table.toString(),
  ].join('\n');
}

const signed = (points: number) => `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`;

function offerLine(offer: Offer): string {
  const { aprAtObservedInflowBps } = offer;
  const pace =
    aprAtObservedInflowBps === null ? '' : `, ${bps(aprAtObservedInflowBps)} at the pace of observed sales`;
  const rate =
    offer.repaymentMethod === 'sales_linked' ? 'for a fixed charge' : `at ${bps(offer.annualRateBps)} a year`;
  return (
    `  ${offer.productName.zh} · ${offer.productName.en}: ${yuan(offer.principalMinor)} over ${offer.termMonths} months ${rate}, ` +
    `${offer.installments} × ${yuan(offer.installmentMinor)} at most, APR ${bps(offer.aprBps)} with fees${pace}`
  );
}
