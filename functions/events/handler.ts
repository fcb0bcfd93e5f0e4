import type { StoreTable } from '../../shared/store/dynamo.ts';
import { type EventLogOptions, eventLog } from '../../shared/store/event-log.ts';
import { itemChangesOf } from '../../shared/store/item-changes.ts';
import { programStore } from '../../shared/store/programs.ts';
import { webhookStore } from '../../shared/store/webhooks.ts';
import type { DeliveryQueue } from '../../shared/webhooks/delivery-queue.ts';
import { publishEvents } from './publish-events.ts';

export interface EventsDependencies extends EventLogOptions {
  readonly table: StoreTable;
  readonly queue: DeliveryQueue;
}

/** The consumer of the table's stream that tells tenants what happened. A failed batch is delivered again. */
export function createHandler(dependencies: EventsDependencies) {
  const { table } = dependencies;
  const stores = { programs: programStore(table), events: eventLog(table), webhooks: webhookStore(table) };
  return (event: unknown): Promise<void> =>
    publishEvents(itemChangesOf(event), { ...dependencies, ...stores });
}
