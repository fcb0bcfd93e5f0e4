import type { Entrepreneur } from '../../shared/domain/entrepreneur.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import type { EntrepreneurStore } from '../../shared/store/entrepreneurs.ts';

interface Dependencies {
  readonly entrepreneurs: Pick<EntrepreneurStore, 'get' | 'put'>;
}

export async function putEntrepreneur(
  input: { readonly tenantId: string; readonly entrepreneur: Entrepreneur },
  { entrepreneurs }: Dependencies,
): Promise<Entrepreneur> {
  await entrepreneurs.put(input.tenantId, input.entrepreneur);
  return input.entrepreneur;
}

export async function getEntrepreneur(
  input: { readonly tenantId: string; readonly entrepreneurId: string },
  { entrepreneurs }: Dependencies,
): Promise<Entrepreneur> {
  const person = await entrepreneurs.get(input.tenantId, input.entrepreneurId);
  if (person === undefined) throw new DomainError('not_found', 'no such entrepreneur');
  return person.entrepreneur;
}
