import { BPS, mulDivMinor } from '../money.ts';

/**
 * Five classes of the Measures for the Risk Classification of Financial Assets of Commercial Banks (商业银行金融资产
 * 风险分类办法, CBIRC and PBoC order 2023 no. 1, in force since 2023-07-01), best first.
 *
 * What is computed of them is what follows from a loan's own payments: days past due, restructurings and their
 * observation, cure, and the lender's expected loss where it gives one. What needs a person's judgement or a look at
 * the borrower's other debts (use of the money, ability to pay, ratings, evasion of debts, debts at other banks) is
 * the lender's to add, and can only make a class worse. One day past due is special mention here; art. 10 spares a
 * delay of a technical kind. The Measures bind commercial banks; for their reading by a lawyer see lending-law.ts.
 */
export const assetClasses = ['normal', 'special_mention', 'substandard', 'doubtful', 'loss'] as const;
export type AssetClass = (typeof assetClasses)[number];

/** Days past due over which an asset is at least of the class: articles 10 to 13. */
export const daysPastDueOver = { special_mention: 0, substandard: 90, doubtful: 270, loss: 360 } as const;

/** Expected loss as a share of the balance from which an impaired asset is at least of the class: art. 12, 13. */
export const expectedLossFromBps = { doubtful: 5_000, loss: 9_000 } as const;

export const delinquencyBuckets = [
  'current',
  '1-30',
  '31-60',
  '61-90',
  '91-180',
  '181-360',
  'over_360',
] as const;
export type DelinquencyBucket = (typeof delinquencyBuckets)[number];

export function delinquencyBucket(daysOverdue: number): DelinquencyBucket {
  if (daysOverdue <= 0) return 'current';
  if (daysOverdue <= 30) return '1-30';
  if (daysOverdue <= 60) return '31-60';
  if (daysOverdue <= 90) return '61-90';
  if (daysOverdue <= 180) return '91-180';
  return daysOverdue <= 360 ? '181-360' : 'over_360';
}

export function worseAssetClass(a: AssetClass, b: AssetClass): AssetClass {
  return assetClasses.indexOf(a) >= assetClasses.indexOf(b) ? a : b;
}

export function classByDaysPastDue(daysOverdue: number): AssetClass {
  if (daysOverdue > daysPastDueOver.loss) return 'loss';
  if (daysOverdue > daysPastDueOver.doubtful) return 'doubtful';
  if (daysOverdue > daysPastDueOver.substandard) return 'substandard';
  return daysOverdue > daysPastDueOver.special_mention ? 'special_mention' : 'normal';
}

export function isNonPerforming(assetClass: AssetClass): boolean {
  return assetClasses.indexOf(assetClass) >= assetClasses.indexOf('substandard');
}

/**
 * Provision by class as a share of the balance, in basis points: PBoC Guidelines on Loan Loss Provisioning (银发
 * 2002 no. 98), art. 4 (one per cent in general) and 5 (by class; substandard and doubtful may float by a fifth). A
 * program may ask for more. They are floors of prudence: the allowance of CAS 22 / IFRS 9 is the lender's own expected
 * loss, and supervisors ask a bank for ratios over all its loans (CBRC order 2011 no. 4), neither of them computed.
 */
export const provisionRatesBps: Readonly<Record<AssetClass, number>> = {
  normal: 100,
  special_mention: 200,
  substandard: 2_500,
  doubtful: 5_000,
  loss: 10_000,
};

/** Provision for principal outstanding in minor units. */
export function provisionMinor(
  principalOutstandingMinor: number,
  assetClass: AssetClass,
  ratesBps: Readonly<Record<AssetClass, number>> = provisionRatesBps,
): number {
  return mulDivMinor(principalOutstandingMinor, ratesBps[assetClass], BPS);
}
