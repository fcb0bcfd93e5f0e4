import { afterAll, expect, vi } from 'vitest';
import { type Decision, decision } from '../../shared/domain/decision.ts';

/** What was decided in this file and came out otherwise the second time. */
const differing: string[] = [];

/**
 * Every decision of the suite, made again from its stored text as soon as it is made: as `npm run replay` does, but
 * for the model, whose score is part of the text. A decision that depends on anything else is found here.
 */
vi.mock('../../shared/domain/decide.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../shared/domain/decide.ts')>();
  const { decide, decisionBytes, replay } = original;
  return {
    ...original,
    decide(...[input, context]: Parameters<typeof decide>): Decision {
      const made = decide(input, context);
      const bytes = decisionBytes(made);
      const again = replay(decision.parse(JSON.parse(bytes)), context);
      if (decisionBytes(again) !== bytes) differing.push(made.decisionId);
      return made;
    },
  };
});

afterAll(() => expect(differing, 'decisions that replay differently').toEqual([]));
