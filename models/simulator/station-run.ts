import type { Application } from '../../shared/domain/application.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import { cashLines, post } from './cash-lines.ts';
import { type CountyPath, stepCounty } from './county-economy.ts';
import { DayMaterializer } from './day-materializer.ts';
import { RandomStream, streamPurposes } from './random-stream.ts';
import { type StationWorld, simulateDay } from './simulate-day.ts';
import { hasDefaulted, isRepaid, newLoan, OUTCOME_HORIZON_DAYS } from './station-loan.ts';
import { copyStationState, initialStationState, NOT_YET, type StationState } from './station-state.ts';
import type { StationTraits } from './station-traits.ts';

export interface LoanRequest {
  readonly requestedPrincipalMinor: number;
  readonly requestedTermMonths: number;
  readonly purpose: Application['purpose'];
}

export interface ReportedDay {
  readonly day: number;
  readonly transactions: readonly Transaction[];
  /** Milliseconds since 1970 of each transaction, so that nobody need parse them back. */
  readonly occurredAtMs: readonly number[];
}

const terms = [6, 12, 12, 12, 18, 24, 24] as const;
const purposes: readonly Application['purpose'][] = [
  'stock',
  'stock',
  'stock',
  'produce_sourcing',
  'produce_sourcing',
  'equipment',
  'premises',
  'logistics',
  'training',
];
const typicalPrincipalMinorByStage = [400_000, 1_500_000, 4_500_000] as const;

/** One station lived forward from its opening, with at most one loan on a day set beforehand. */
export class StationRun {
  readonly world: StationWorld;
  readonly state: StationState;
  private readonly seed: number;
  private readonly county: CountyPath;
  private readonly random: RandomStream;
  private readonly loanDay: number | null;
  /** The request made on `loanDay`; null before it, or when the station had closed by then. */
  request: LoanRequest | null = null;

  constructor(seed: number, county: CountyPath, traits: StationTraits, loanDay: number | null) {
    this.seed = seed;
    this.county = county;
    this.world = { traits, county: county.traits };
    this.state = initialStationState(traits);
    this.random = new RandomStream(this.pathOf(streamPurposes.stationPath));
    this.loanDay = loanDay;
  }

  private pathOf(purpose: number): number[] {
    return [this.seed, purpose, this.world.traits.countyIndex, this.world.traits.stationIndex];
  }

  /** Lives the days before `day`. */
  liveUntil(day: number): void {
    while (this.state.day < day) this.liveDay(null);
  }

  /** Lives the days before `day` and reports each as it passes, days without a transaction too. */
  *reportUntil(day: number): Generator<ReportedDay> {
    const materializer = new DayMaterializer(this.seed, this.world.traits);
    while (this.state.day < day) {
      const today = this.state.day;
      materializer.begin(this.state);
      this.liveDay(materializer);
      const transactions = materializer.end(today, this.state);
      yield { day: today, transactions, occurredAtMs: materializer.occurredAtMs };
    }
  }

  private liveDay(emit: DayMaterializer | null): void {
    const { state } = this;
    if (state.day === this.loanDay && state.closedDay === NOT_YET) {
      this.request = this.drawRequest();
      grantLoan(state, this.request, this.random, emit);
    }
    simulateDay(state, this.world, this.county.on(state.day), this.random, emit);
  }

  /**
   * What the partner would ask for today: by the size of the station and by chance, never by how well it is
   * doing, and granted to whoever asks. Outcomes are therefore seen for the good and the bad alike.
   */
  drawRequest(): LoanRequest {
    const random = new RandomStream([...this.pathOf(streamPurposes.application), this.state.day]);
    const size = Math.sqrt(Math.max(20, this.state.customers) / 100);
    const typical = typicalPrincipalMinorByStage[this.state.stage] ?? 700_000;
    const principal = random.logNormal(typical * size, 0.6);
    return {
      requestedPrincipalMinor: Math.max(3, Math.min(200, Math.round(principal / 100_000))) * 100_000,
      requestedTermMonths: terms[random.below(terms.length)] ?? 12,
      purpose: purposes[random.below(purposes.length)] ?? 'stock',
    };
  }

  /**
   * The true probability that a loan granted today defaults, by `resimulations` fresh futures of this very
   * station and county: the same process as the one that made its past, with new luck. Its standard error
   * is √(p(1−p)/resimulations).
   */
  trueProbabilityOfDefault(request: LoanRequest, resimulations: number): number {
    let defaults = 0;
    const today = this.state.day;
    for (let future = 0; future < resimulations; future += 1) {
      const random = new RandomStream([...this.pathOf(streamPurposes.continuation), today, future]);
      const state = copyStationState(this.state);
      const county = { ...this.county.on(today) };
      const loan = grantLoan(state, request, random, null);
      while (state.day <= today + OUTCOME_HORIZON_DAYS) {
        simulateDay(state, this.world, county, random, null);
        if (loan.defaultedDay !== NOT_YET || isRepaid(loan)) break;
        stepCounty(county, this.world.county, random);
      }
      if (hasDefaulted(state)) defaults += 1;
    }
    return defaults / resimulations;
  }
}

function grantLoan(
  state: StationState,
  request: LoanRequest,
  random: RandomStream,
  emit: DayMaterializer | null,
) {
  const loan = newLoan(
    {
      purpose: request.purpose,
      principalMinor: request.requestedPrincipalMinor,
      termMonths: request.requestedTermMonths,
      fortune: random.logNormal(0.8, 0.9),
    },
    state.day,
  );
  state.loan = loan;
  post(state, emit, cashLines.disbursal, 1, request.requestedPrincipalMinor);
  return loan;
}
