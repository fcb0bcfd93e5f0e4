import type { Consent } from '../../shared/domain/consent.ts';
import type { Decision } from '../../shared/domain/decision.ts';
import type { Entrepreneur } from '../../shared/domain/entrepreneur.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import type { Erasure, PersonDetails } from '../../shared/domain/person.ts';
import type { PersonReference } from '../../shared/persons/person-keys.ts';
import type { DecisionStore } from '../../shared/store/decisions.ts';
import type { ConsentingEntrepreneur, EntrepreneurStore } from '../../shared/store/entrepreneurs.ts';
import type { ProgramStore } from '../../shared/store/programs.ts';
import { findPerson, type PersonDependencies } from './person-details.ts';

export interface PersonRightsDependencies extends PersonDependencies {
  readonly entrepreneurs: Pick<EntrepreneurStore, 'get' | 'putConsent'>;
  readonly decisions: Pick<DecisionStore, 'get' | 'listOfPerson' | 'getExposureMinor'>;
  readonly programs: Pick<ProgramStore, 'getGrant'>;
  readonly nowMs: () => number;
}

export interface PersonExport {
  readonly entrepreneur: Entrepreneur;
  readonly person: PersonDetails | null;
  readonly consents: readonly Consent[];
  readonly decisions: readonly Decision[];
}

/** All that is kept about a person, by every lender their platform works with. */
export async function exportPerson(
  person: PersonReference,
  dependencies: PersonRightsDependencies,
): Promise<PersonExport> {
  const { entrepreneur, consents } = await requireRegistered(person, dependencies);
  const made = await lendersOf(person, dependencies);
  const [details, decisions] = await Promise.all([
    findPerson(person, dependencies),
    Promise.all(
      made.map(async ({ lenderTenantId, programId, decisionId }) => {
        const found = await dependencies.decisions.get(lenderTenantId, programId, decisionId);
        if (found === undefined) throw new DomainError('corrupt_record', 'a list names no decision');
        return found;
      }),
    ),
  ]);
  return { entrepreneur, person: details ?? null, consents, decisions };
}

/**
 * Erase a person: their key first, which makes every sealed text about them unreadable wherever a copy of it is,
 * then what it sealed, then every consent. Decisions and ledgers stay whole; they name an id that is now nobody.
 * Safe to repeat after any crash.
 *
 * Raises DomainError `wrong_state` while a lender's exposure to the person stands: a creditor must know its
 * debtor until the debt has ended (PIPL art. 47, the purpose is not yet achieved).
 */
export async function erasePerson(
  person: PersonReference,
  dependencies: PersonRightsDependencies,
): Promise<Erasure> {
  const { tenantId, entrepreneurId } = person;
  const { persons, personKeys, entrepreneurs, decisions, nowMs } = dependencies;
  const { consents } = await requireRegistered(person, dependencies);
  const lenders = new Set((await lendersOf(person, dependencies)).map((made) => made.lenderTenantId));
  for (const lender of lenders) {
    if ((await decisions.getExposureMinor(lender, entrepreneurId)) > 0) {
      throw new DomainError('wrong_state', 'a loan or an offer of one stands: settle or decline it first');
    }
  }
  await personKeys.destroy(person);
  const before = await persons.get(tenantId, entrepreneurId);
  const erasedAt =
    before !== undefined && 'erasedAt' in before ? before.erasedAt : new Date(nowMs()).toISOString();
  await persons.put(tenantId, entrepreneurId, { erasedAt });
  for (const consent of consents) {
    if (consent.withdrawnAt === undefined) {
      await entrepreneurs.putConsent(tenantId, { ...consent, withdrawnAt: erasedAt });
    }
  }
  return { entrepreneurId, erasedAt };
}

async function requireRegistered(
  { tenantId, entrepreneurId }: PersonReference,
  { entrepreneurs }: Pick<PersonRightsDependencies, 'entrepreneurs'>,
): Promise<ConsentingEntrepreneur> {
  const found = await entrepreneurs.get(tenantId, entrepreneurId);
  if (found === undefined) throw new DomainError('not_found', 'no such entrepreneur');
  return found;
}

/** The decisions about a person, each read by the grant their platform holds to its program. */
async function lendersOf(
  { tenantId, entrepreneurId }: PersonReference,
  { decisions, programs }: Pick<PersonRightsDependencies, 'decisions' | 'programs'>,
) {
  const made = await decisions.listOfPerson(tenantId, entrepreneurId);
  const programIds = [...new Set(made.map(({ programId }) => programId))];
  await Promise.all(
    programIds.map(async (programId) => {
      if ((await programs.getGrant(tenantId, programId)) === undefined) {
        throw new DomainError('corrupt_record', 'a decision of a program without a grant');
      }
    }),
  );
  return made;
}
