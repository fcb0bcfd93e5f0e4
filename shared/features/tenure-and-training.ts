import { daysBetween } from '../domain/calendar.ts';
import { stationStages } from '../domain/station.ts';
import type { FeatureDefinition } from './feature-definition.ts';

/** How long the station and its record stand, and what the entrepreneur brings. */
export const tenureAndTrainingFeatures = [
  {
    name: 'station_age_days',
    unit: 'days',
    windowDays: null,
    riskDirection: 'decreasing',
    minimum: 0,
    maximum: 7300,
    action: null,
    hurts: {
      zh: '服务站开办时间短',
      en: 'The station has not been open for long',
    },
    compute: (view, facts) =>
      facts.station.openedOn === null ? Number.NaN : daysBetween(facts.station.openedOn, view.asOf),
  },
  {
    name: 'stage_level',
    unit: 'level',
    windowDays: null,
    // The program moves proven stations up; but each stage also carries costs of its own.
    riskDirection: 'none',
    minimum: 0,
    maximum: stationStages.length - 1,
    action: null,
    hurts: {
      zh: '服务站所处的发展阶段不利于评分',
      en: "The station's stage counts against the score",
    },
    compute: (_view, facts) =>
      facts.station.stage === null ? Number.NaN : stationStages.indexOf(facts.station.stage),
  },
  {
    name: 'training_hours_passed',
    unit: 'hours',
    windowDays: null,
    riskDirection: 'decreasing',
    minimum: 0,
    maximum: 2048,
    action: {
      step: 1,
      reachable: (value) => value + 80,
      improve: {
        zh: '参加并通过县里的电商培训，累计达到{target}学时',
        en: "Take and pass the county's e-commerce courses, {target} hours in all",
      },
    },
    hurts: {
      zh: '通过的培训学时少',
      en: 'Few hours of training passed',
    },
    compute: (view, facts) => {
      if (facts.entrepreneur === null) return Number.NaN;
      let hours = 0;
      for (const record of facts.entrepreneur.training) {
        if (record.passed && record.completedOn < view.asOf) hours += record.hours;
      }
      return hours;
    },
  },
  {
    name: 'returned_to_village',
    unit: 'flag',
    windowDays: null,
    riskDirection: 'none',
    minimum: 0,
    maximum: 1,
    action: null,
    hurts: {
      zh: '是否返乡创业的情况不利于评分',
      en: 'Having returned to the village, or not, counts against the score',
    },
    compute: (_view, facts) =>
      facts.entrepreneur === null ? Number.NaN : Number(facts.entrepreneur.returnedToVillage),
  },
] as const satisfies readonly FeatureDefinition[];
