import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fieldError } from '../../shared/domain/errors.ts';
import { parse } from '../../shared/domain/parse.ts';
import { type RegisteredModel, type Registry, registrySchema } from '../../shared/scoring/manifest.ts';
import { writeWhole } from './write-whole.ts';

export const modelStages = ['champion', 'challenger', 'retired'] as const;
export type ModelStage = (typeof modelStages)[number];

/** A registry and the very text it was read from; null when there is no file yet. */
export interface HeldRegistry {
  readonly text: string | null;
  readonly registry: Registry | null;
}

export async function holdRegistry(file: string): Promise<HeldRegistry> {
  if (!existsSync(file)) return { text: null, registry: null };
  const text = await readFile(file, 'utf8');
  return { text, registry: parse(registrySchema, JSON.parse(text), { root: 'registry.json' }) };
}

/**
 * The registry with a model at a stage, and nowhere else. A champion that gives way is retired, newest first, so
 * that it can be called back. Raises DomainError when the champion would be left without a successor.
 */
export function withModelAt(registry: Registry | null, model: RegisteredModel, stage: ModelStage): Registry {
  const others = (models: readonly RegisteredModel[] = []) =>
    models.filter(({ modelVersion }) => modelVersion !== model.modelVersion);
  const champion = registry?.champion;
  if (stage !== 'champion' && (champion === undefined || champion.modelVersion === model.modelVersion)) {
    throw fieldError(
      'invalid_request',
      'stage',
      'no_champion',
      'another model must be made the champion first',
    );
  }
  const challengers = others(registry?.challengers);
  const retired = others(registry?.retired);
  const gaveWay =
    stage === 'champion' && champion !== undefined && champion.modelVersion !== model.modelVersion
      ? [champion]
      : [];
  return {
    champion: stage === 'champion' || champion === undefined ? model : champion,
    challengers: stage === 'challenger' ? [...challengers, model] : challengers,
    retired: [...(stage === 'retired' ? [model] : []), ...gaveWay, ...retired],
  };
}

/**
 * Replace the registry at once. Raises DomainError `version_conflict` when somebody has changed it since it was
 * read, and changes nothing then.
 */
export async function replaceRegistry(file: string, held: HeldRegistry, next: Registry): Promise<void> {
  const now = existsSync(file) ? await readFile(file, 'utf8') : null;
  if (now !== held.text) {
    throw fieldError(
      'version_conflict',
      'registry.json',
      'changed',
      'the registry has changed meanwhile: check again',
    );
  }
  await writeWhole(file, `${JSON.stringify(parse(registrySchema, next), null, 2)}\n`);
}

/** What a change changes, a line each. */
export function registryChanges(before: Registry | null, after: Registry): string[] {
  const named = (registry: Registry | null) =>
    new Map<string, string>([
      ...(registry === null ? [] : [[registry.champion.modelVersion, 'champion'] as const]),
      ...(registry?.challengers ?? []).map(({ modelVersion }) => [modelVersion, 'challenger'] as const),
      ...(registry?.retired ?? []).map(({ modelVersion }) => [modelVersion, 'retired'] as const),
    ]);
  const [was, is] = [named(before), named(after)];
  return [...new Set([...is.keys(), ...was.keys()])]
    .filter((version) => was.get(version) !== is.get(version))
    .map(
      (version) =>
        `${version}: ${was.get(version) ?? 'not registered'} → ${is.get(version) ?? 'not registered'}`,
    );
}
