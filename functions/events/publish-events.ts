import { DomainError } from '../../shared/domain/errors.ts';
import type { Event, PositionedEvent } from '../../shared/domain/event.ts';
import { actAs } from '../../shared/store/acting.ts';
import type { EventLog, EventLogOptions } from '../../shared/store/event-log.ts';
import type { ItemChange } from '../../shared/store/item-changes.ts';
import type { ProgramStore } from '../../shared/store/programs.ts';
import { tenantOf } from '../../shared/store/tenancy.ts';
import type { StoredWebhook, WebhookStore } from '../../shared/store/webhooks.ts';
import type { DeliveryMessage, DeliveryQueue } from '../../shared/webhooks/delivery-queue.ts';
import { eventsOf } from './event-sources.ts';

export interface PublishEventsDependencies extends EventLogOptions {
  readonly programs: Pick<ProgramStore, 'getParties'>;
  readonly events: Pick<EventLog, 'append'>;
  readonly webhooks: Pick<WebhookStore, 'list'>;
  readonly queue: DeliveryQueue;
}

/**
 * Changes in, events out: into the log of every party that is told of them, in the order of the stream, then into
 * the queue for each of a party's endpoints that wants them. Safe to repeat: an event is in a log once.
 */
export async function publishEvents(
  changes: readonly ItemChange[],
  dependencies: PublishEventsDependencies,
): Promise<void> {
  const byParty = await eventsByParty(changes, dependencies);
  const messages: DeliveryMessage[] = [];
  for (const [party, made] of byParty) {
    const found = await actAs(
      { tenantId: party, subject: 'system', operation: 'publishEvents', requestId: made[0]?.eventId ?? '' },
      async () =>
        messagesOf(
          party,
          await dependencies.events.append(party, made, dependencies),
          await dependencies.webhooks.list(party),
        ),
    );
    messages.push(...found);
  }
  if (messages.length > 0) await dependencies.queue.send(messages);
}

async function eventsByParty(
  changes: readonly ItemChange[],
  { programs }: Pick<PublishEventsDependencies, 'programs'>,
): Promise<Map<string, Event[]>> {
  const byParty = new Map<string, Event[]>();
  const partiesOf = new Map<string, readonly string[]>();
  for (const change of changes) {
    // Programs, and all that happens in them, are their lender's.
    const lender = tenantOf(change.key.pk);
    for (const { programId, audience, event } of eventsOf(change)) {
      const name = `${lender}#${programId}`;
      const parties = partiesOf.get(name) ?? (await programs.getParties(lender, programId));
      if (parties === undefined) throw new DomainError('corrupt_record', 'an event names no program');
      partiesOf.set(name, parties);
      for (const party of audience === 'lender' ? [lender] : parties) {
        const events = byParty.get(party) ?? [];
        byParty.set(party, events);
        events.push(event);
      }
    }
  }
  return byParty;
}

function messagesOf(
  tenantId: string,
  positioned: readonly PositionedEvent[],
  webhooks: readonly StoredWebhook[],
): DeliveryMessage[] {
  return positioned.flatMap(({ position, event: { eventId, type, subject } }) =>
    webhooks
      .filter(({ endpoint }) => endpoint.disabledAt === undefined && wants(endpoint.eventTypes, type))
      .map(({ endpoint: { endpointId } }) => ({ tenantId, endpointId, eventId, position, subject })),
  );
}

const wants = (types: readonly string[] | undefined, type: string) =>
  types === undefined || types.includes(type);
