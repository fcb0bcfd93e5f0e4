import type { Transaction, TransactionChannel } from '../../shared/domain/transaction.ts';
import type { CashLine, DayEmitter } from './cash-lines.ts';
import { CustomerPool } from './customer-pool.ts';
import { RandomStream, streamPurposes } from './random-stream.ts';
import { calendarDate } from './seasons.ts';
import { NOT_YET, type StationState } from './station-state.ts';
import type { StationTraits } from './station-traits.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Asia/Shanghai is UTC+8 all year since 1991. */
const UTC_OFFSET_MS = 8 * 3_600_000;
const SLOTS_MAX = 4_096;

const UUID_LENGTH = 36;
/** The four ASCII hexadecimal digits of every 16-bit value. */
const hexCodes = new Uint8Array(4 * 65_536).map((_, index) =>
  '0123456789abcdef'.charCodeAt(((index >>> 2) >>> (4 * (3 - (index & 3)))) & 15),
);
const idBytes = Buffer.allocUnsafe(SLOTS_MAX * UUID_LENGTH);
const twoDigits = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const threeDigits = Array.from({ length: 1_000 }, (_, value) => String(value).padStart(3, '0'));

/**
 * Turns the movements of a day into reported transactions: single amounts that add up to the totals, times
 * within opening hours, customers with habits, balances where the station reports them. Draws from a stream
 * of its own, so that reporting never changes what happens.
 */
export class DayMaterializer implements DayEmitter {
  private readonly traits: StationTraits;
  private readonly random: RandomStream;
  private readonly customers: CustomerPool;
  private readonly lines: CashLine[] = [];
  private readonly amounts: number[] = [];
  private readonly keys = new Float64Array(SLOTS_MAX);
  private readonly weights = new Float64Array(SLOTS_MAX);
  /** Instants of the transactions that `end` returned last, in their order. */
  occurredAtMs: number[] = [];
  private openMs = 0;
  private closeMs = 0;
  private openingBalanceMinor = 0;

  constructor(seed: number, traits: StationTraits) {
    this.traits = traits;
    const path = [seed, streamPurposes.stationDetail, traits.countyIndex, traits.stationIndex];
    this.random = new RandomStream(path);
    this.customers = new CustomerPool(traits, this.random);
  }

  /** Called before the day is lived. */
  begin(state: StationState): void {
    this.lines.length = 0;
    this.amounts.length = 0;
    this.openingBalanceMinor = state.cashMinor;
    this.customers.follow(state);
    const loose = 14 * Math.exp(-0.5 * this.traits.discipline);
    const open = this.traits.openMinute + Math.max(-40, Math.min(90, loose * this.random.normal()));
    const close = this.traits.closeMinute + Math.max(-150, Math.min(60, 1.5 * loose * this.random.normal()));
    this.openMs = Math.floor(open * MINUTE_MS);
    this.closeMs = Math.floor(close * MINUTE_MS);
  }

  movement(line: CashLine, count: number, totalMinor: number): void {
    const { random } = this;
    const first = this.lines.length;
    if (first + count > SLOTS_MAX) throw new RangeError(`more than ${SLOTS_MAX} transactions in a day`);
    let weightSum = 0;
    for (let number = 0; number < count; number += 1) {
      const weight = count === 1 ? 1 : Math.exp(line.spread * random.normal());
      this.weights[number] = weight;
      weightSum += weight;
    }
    let remaining = totalMinor;
    for (let number = 0; number < count; number += 1) {
      const amount =
        number === count - 1 ? remaining : Math.trunc((totalMinor * (this.weights[number] ?? 0)) / weightSum);
      remaining -= amount;
      this.lines.push(line);
      this.amounts.push(amount);
      const slot = first + number;
      this.keys[slot] = this.timeMs(line.phase) * SLOTS_MAX + slot;
    }
  }

  private timeMs(phase: CashLine['phase']): number {
    const chance = this.random.uniform();
    if (phase === 'counter') return this.openMs + Math.floor(chance * (this.closeMs - this.openMs));
    if (phase === 'morning') return this.openMs - 1 - Math.floor(chance * 25 * MINUTE_MS);
    return this.closeMs + Math.floor(chance * 25 * MINUTE_MS);
  }

  /**
   * The day's transactions in order of time; none when the station did not report that day. What a household
   * still pays after its station has closed is no transaction of the station's.
   */
  end(day: number, state: StationState): Transaction[] {
    this.occurredAtMs = [];
    const count = this.lines.length;
    const reported =
      this.traits.reportedDayShare === 1 || this.random.uniform() < this.traits.reportedDayShare;
    if (count === 0 || !reported || (state.closedDay !== NOT_YET && state.closedDay < day)) return [];
    const keys = this.keys.subarray(0, count).sort();
    const today = `${calendarDate(day)}T`;
    let yesterday = '';
    const ids = this.newTransactionIds(count);
    let balance = this.openingBalanceMinor;
    const result: Transaction[] = [];
    for (let position = 0; position < count; position += 1) {
      const key = keys[position] ?? 0;
      const localMs = Math.floor(key / SLOTS_MAX);
      const slot = key - localMs * SLOTS_MAX;
      const line = this.lines[slot];
      const amountMinor = this.amounts[slot];
      if (line === undefined || amountMinor === undefined) continue;
      balance += amountMinor;
      let utcMs = localMs - UTC_OFFSET_MS;
      let date = today;
      if (utcMs < 0) {
        utcMs += DAY_MS;
        if (yesterday === '') yesterday = `${calendarDate(day - 1)}T`;
        date = yesterday;
      }
      const transactionId = ids.substring(position * UUID_LENGTH, (position + 1) * UUID_LENGTH);
      this.occurredAtMs.push(day * DAY_MS + localMs - UTC_OFFSET_MS);
      const occurredAt = date + timeOfDay(utcMs);
      const channel = this.channelOf(line);
      const counterparty = this.counterpartyOf(line);
      const { kind } = line;
      const currency = 'CNY';
      if (this.traits.reportsBalance) {
        const balanceAfterMinor = balance;
        result.push(
          counterparty === null
            ? { transactionId, kind, occurredAt, amountMinor, currency, balanceAfterMinor, channel }
            : {
                transactionId,
                kind,
                occurredAt,
                amountMinor,
                currency,
                counterparty,
                balanceAfterMinor,
                channel,
              },
        );
      } else {
        result.push(
          counterparty === null
            ? { transactionId, kind, occurredAt, amountMinor, currency, channel }
            : { transactionId, kind, occurredAt, amountMinor, currency, counterparty, channel },
        );
      }
    }
    return result;
  }

  private channelOf(line: CashLine): TransactionChannel {
    if (line.channel !== 'app') return line.channel;
    const chance = this.random.uniform();
    if (chance < 0.75) return 'app';
    return chance < 0.9 ? 'phone' : 'web';
  }

  private counterpartyOf(line: CashLine): string | null {
    switch (line.party) {
      case 'customer':
        return this.random.uniform() < this.traits.namedCustomerShare ? this.customers.next() : null;
      case 'supplier':
        return this.customers.supplier();
      case 'none':
        return null;
      default:
        return line.party;
    }
  }

  /** `count` version 4 UUIDs (RFC 9562) from the station's own stream, one after another: one decode a day. */
  private newTransactionIds(count: number): string {
    const { random } = this;
    let at = 0;
    const write = (value: number): void => {
      const code = value << 2;
      for (let digit = 0; digit < 4; digit += 1) idBytes[at + digit] = hexCodes[code + digit] ?? 0;
      at += 4;
    };
    const hyphen = (): void => {
      idBytes[at] = 45;
      at += 1;
    };
    for (let number = 0; number < count; number += 1) {
      const b = random.uint32();
      const c = random.uint32();
      const d = random.uint32();
      const e = random.uint32();
      write(b >>> 16);
      write(b & 0xffff);
      hyphen();
      write(c >>> 16);
      hyphen();
      write(0x4000 | (c & 0x0fff));
      hyphen();
      write(0x8000 | (d & 0x3fff));
      hyphen();
      write(d >>> 16);
      write(e >>> 16);
      write(e & 0xffff);
    }
    return idBytes.toString('latin1', 0, at);
  }
}

/** `HH:MM:SS.mmmZ`. */
function timeOfDay(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return `${twoDigits[hours]}:${twoDigits[minutes - hours * 60]}:${twoDigits[seconds - minutes * 60]}.${threeDigits[ms - seconds * 1_000]}Z`;
}
