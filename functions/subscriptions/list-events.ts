import type { Event } from '../../shared/domain/event.ts';
import type { EventLog } from '../../shared/store/event-log.ts';
import { positionCursor, positionOfCursor } from '../../shared/store/webhooks.ts';

/** A tenant's events after a cursor, oldest first: the same events its webhooks get, in the same order. */
export async function listEvents(
  input: { readonly tenantId: string; readonly limit: number; readonly cursor: string | undefined },
  { events }: { readonly events: Pick<EventLog, 'listAfter'> },
): Promise<{ events: Event[]; nextCursor: string; hasMore: boolean }> {
  const after = positionOfCursor(input.cursor);
  const page = await events.listAfter(input.tenantId, after, input.limit + 1);
  const shown = page.slice(0, input.limit);
  return {
    events: shown.map(({ event }) => event),
    nextCursor: positionCursor(shown.at(-1)?.position ?? after),
    hasMore: page.length > shown.length,
  };
}
