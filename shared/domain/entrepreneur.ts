import { z } from 'zod';
import { businessDate } from './calendar.ts';
import { entrepreneurId, stationId } from './identifiers.ts';

/** `partner` (合伙人/村小二), `leader` (电商带头人), `practitioner` (从业人: training, logistics or supply). */
export const entrepreneurRoles = ['partner', 'leader', 'practitioner'] as const;

export const trainingRecord = z.strictObject({
  course: z.string().min(1).max(120),
  hours: z.int().min(1).max(2_000),
  passed: z.boolean(),
  completedOn: businessDate,
});

/** What a decision may read of a person. No name, no phone, no document number: those live elsewhere. */
export const entrepreneur = z.strictObject({
  entrepreneurId,
  role: z.enum(entrepreneurRoles),
  stationIds: z.array(stationId).min(1).max(20),
  training: z.array(trainingRecord).max(200).default([]),
  /** 返乡: came back to the village from the city. */
  returnedToVillage: z.boolean(),
  recommenderId: entrepreneurId.optional(),
});
export type Entrepreneur = z.output<typeof entrepreneur>;
