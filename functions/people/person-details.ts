import { DomainError } from '../../shared/domain/errors.ts';
import { parse } from '../../shared/domain/parse.ts';
import { type PersonDetails, personDetails } from '../../shared/domain/person.ts';
import type { PersonKeys, PersonReference } from '../../shared/persons/person-keys.ts';
import { sealFor, unsealFor } from '../../shared/persons/sealed-text.ts';
import type { EntrepreneurStore } from '../../shared/store/entrepreneurs.ts';
import type { PersonStore } from '../../shared/store/persons.ts';

export const DETAILS = 'person-details';

export interface PersonDependencies {
  readonly entrepreneurs: Pick<EntrepreneurStore, 'get'>;
  readonly persons: Pick<PersonStore, 'get' | 'put'>;
  readonly personKeys: PersonKeys;
}

/** Record or correct who a registered entrepreneur is; DomainError `not_found` when nobody is registered so. */
export async function putPerson(
  input: PersonReference & { readonly details: PersonDetails },
  { entrepreneurs, persons, personKeys }: PersonDependencies,
): Promise<PersonDetails> {
  const { tenantId, entrepreneurId, details } = input;
  const registered = await entrepreneurs.get(tenantId, entrepreneurId);
  if (registered === undefined) throw new DomainError('not_found', 'no such entrepreneur');
  const sealed = await sealFor(personKeys, { tenantId, entrepreneurId }, DETAILS, JSON.stringify(details));
  await persons.put(tenantId, entrepreneurId, { sealed });
  return details;
}

/** Who a person is; DomainError `not_found` when it was never recorded, or was erased. */
export async function getPerson(
  person: PersonReference,
  dependencies: Pick<PersonDependencies, 'persons' | 'personKeys'>,
): Promise<PersonDetails> {
  const details = await findPerson(person, dependencies);
  if (details === undefined) throw new DomainError('not_found', 'nothing is recorded of who this person is');
  return details;
}

export async function findPerson(
  person: PersonReference,
  { persons, personKeys }: Pick<PersonDependencies, 'persons' | 'personKeys'>,
): Promise<PersonDetails | undefined> {
  const stored = await persons.get(person.tenantId, person.entrepreneurId);
  if (stored === undefined || !('sealed' in stored)) return undefined;
  const text = await unsealFor(personKeys, person, DETAILS, stored.sealed);
  return text === undefined
    ? undefined
    : parse(personDetails, JSON.parse(text), { code: 'corrupt_record', root: 'person' });
}
