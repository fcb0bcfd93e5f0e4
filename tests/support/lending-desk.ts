import { createHandler } from '../../functions/lending/handler.ts';
import type { lendingRoutes } from '../../functions/lending/routes.ts';
import { lambdaContext } from '../../infra/local/api-gateway-event.ts';
import { program } from '../../shared/domain/program.ts';
import { scopeNames } from '../../shared/http/scopes.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { programStore } from '../../shared/store/programs.ts';
import { httpEvent } from './http-event.ts';
import { programTerms } from './program-terms.ts';

type RouteKey = (typeof lendingRoutes)[number] extends infer Each
  ? Each extends { method: infer Method extends string; path: infer Path extends string }
    ? `${Method} ${Path}`
    : never
  : never;

export interface DeskRequest {
  readonly tenant?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly body?: unknown;
  /** Default: JSON. */
  readonly contentType?: string;
}

export interface DeskAnswer {
  readonly status: number;
  readonly json: Record<string, unknown>;
  readonly replayed: boolean;
}

/** The lending function with a clock that tests set, called as API Gateway would. */
export function lendingDesk(table: () => StoreTable) {
  const clock = { now: '2026-03-01' };
  const nowMs = () => Date.parse(`${clock.now}T04:00:00Z`);
  return {
    clock,
    nowMs,
    async openProgram(programId: string): Promise<void> {
      await programStore(table()).put('ten_operator', program.parse({ programId, ...programTerms }));
    },
    async call(routeKey: RouteKey, request: DeskRequest = {}): Promise<DeskAnswer> {
      const { tenant = 'ten_lender', params = {}, query, key, body, contentType } = request;
      const headers = {
        ...(key === undefined ? {} : { 'idempotency-key': key }),
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
      };
      const handler = createHandler({
        table: table(),
        nowMs,
        log: () => {},
        random: () => 0,
        sleep: async () => {},
      });
      const event = httpEvent({
        routeKey,
        tenant,
        scopes: scopeNames,
        params,
        ...(query === undefined ? {} : { query }),
        headers,
        ...(body === undefined ? {} : { body }),
      });
      const response = await handler(event, lambdaContext('lending', 'req-1'));
      return {
        status: response.statusCode ?? 0,
        json: JSON.parse(response.body ?? 'null'),
        replayed: response.headers?.['idempotent-replayed'] === 'true',
      };
    },
  };
}
