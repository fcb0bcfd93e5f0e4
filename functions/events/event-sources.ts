import { createHash } from 'node:crypto';
import { type Event, type EventType, event } from '../../shared/domain/event.ts';
import { parse } from '../../shared/domain/parse.ts';
import { applicationOfItem, decisionOfItem } from '../../shared/store/decisions.ts';
import type { ItemChange } from '../../shared/store/item-changes.ts';

/** What happened, and to which program: its parties are told. */
export interface FoundEvent {
  readonly programId: string;
  readonly event: Event;
}

/** Where events of one type come from: the items they are read from, and what is read. */
interface EventSource {
  readonly type: EventType;
  /** Cheap: every change of the table is asked. */
  readonly matches: (change: ItemChange) => boolean;
  readonly read: (item: Readonly<Record<string, unknown>>) => {
    readonly programId: string;
    /** Identifies the happening: with the type, it makes the event's id. */
    readonly happening: string;
    readonly timestamp: string;
    readonly subject: string;
    readonly data: Event['data'];
  };
}

/** Every type of event has its source here: a type without one does not compile. */
const sources: { readonly [Type in EventType]: EventSource & { readonly type: Type } } = {
  'application.submitted': {
    type: 'application.submitted',
    matches: ({ change, key }) => change === 'insert' && key.sk === 'APPLICATION',
    read: (item) => {
      const { applicationId, decisionId, programId, stationId, submittedAt } = applicationOfItem(item);
      return {
        programId,
        happening: applicationId,
        timestamp: submittedAt,
        subject: applicationId,
        data: { applicationId, decisionId, programId, stationId, submittedAt },
      };
    },
  },
  'decision.made': {
    type: 'decision.made',
    matches: ({ change, key }) => change === 'insert' && key.sk === 'DECISION',
    read: (item) => {
      const { decisionId, decidedAt, outcome, automated, policyVersion, input } = decisionOfItem(item);
      const { applicationId, programId } = input.application;
      return {
        programId,
        happening: decisionId,
        timestamp: decidedAt,
        subject: applicationId,
        data: { decisionId, decidedAt, outcome, automated, policyVersion, applicationId, programId },
      };
    },
  },
};

const allSources: readonly EventSource[] = Object.values(sources);

/** The event a change stands for; undefined when it is none. The same change always gives the same event. */
export function eventOf(change: ItemChange): FoundEvent | undefined {
  const { item } = change;
  const source = item && allSources.find(({ matches }) => matches(change));
  if (item === undefined || source === undefined) return undefined;
  const { programId, happening, timestamp, subject, data } = source.read(item);
  const eventId = `evt_${createHash('sha256').update(`${source.type}\n${happening}`).digest('hex').slice(0, 32)}`;
  const made = { eventId, type: source.type, timestamp, subject, data };
  return { programId, event: parse(event, made, { code: 'corrupt_record' }) };
}
