import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { FeatureDefinition } from '../../shared/features/feature-definition.ts';
import { featureListHash, features, featuresJson } from '../../shared/features/feature-list.ts';
import { HISTORY_WINDOW_DAYS } from '../../shared/features/history-view.ts';

const list: readonly FeatureDefinition[] = features;

describe('the feature list', () => {
  it('names at least 45 features, each once, in lower snake case', () => {
    const names = list.map((feature) => feature.name);
    expect(names.length).toBeGreaterThanOrEqual(45);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name))).toEqual([]);
  });

  it('never asks what a person was born as, or who governs', () => {
    const words = list.flatMap((feature) => feature.name.split('_'));
    for (const excluded of ['sex', 'gender', 'born', 'birth', 'ethnicity', 'head', 'official', 'county']) {
      expect(words).not.toContain(excluded);
    }
  });

  it('hashes names, units and directions in order, as training does', () => {
    const json = featuresJson();
    const text = json.features.map((f) => `${f.name}|${f.unit}|${f.riskDirection}`).join('\n');
    expect(json.featureListHash).toBe(createHash('sha256').update(text, 'utf8').digest('hex'));
    expect(json.featureListHash).toBe(featureListHash);
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    expect(json.features.map((feature) => feature.name)).toEqual(list.map((feature) => feature.name));
  });

  it('bounds every feature by float32 numbers', () => {
    for (const { name, minimum, maximum } of list) {
      expect(minimum, name).toBeLessThan(maximum);
      expect(Math.fround(minimum), name).toBe(minimum);
      expect(Math.fround(maximum), name).toBe(maximum);
    }
  });

  it('reads no further back than the window', () => {
    for (const { name, windowDays } of list) {
      expect(windowDays ?? 1, name).toBeLessThanOrEqual(HISTORY_WINDOW_DAYS);
    }
  });

  it('tells every applicant what hurt, in Chinese and in English', () => {
    for (const { name, hurts } of list) {
      expect(hurts.zh, name).toMatch(/[\u4e00-\u9fff]/);
      expect(hurts.en, name).toMatch(/^[A-Z]/);
    }
    expect(new Set(list.map((feature) => feature.hurts.en)).size).toBe(list.length);
    expect(new Set(list.map((feature) => feature.hurts.zh)).size).toBe(list.length);
  });

  it('offers an action only where the direction of risk is known, with a target and towards less risk', () => {
    const actionable = list.filter((feature) => feature.action !== null);
    expect(actionable.length).toBeGreaterThanOrEqual(10);
    for (const { name, action, riskDirection, minimum, maximum } of actionable) {
      expect(riskDirection, name).not.toBe('none');
      expect(action?.step, name).toBeGreaterThan(0);
      expect(action?.improve.zh, name).toContain('{target}');
      expect(action?.improve.en, name).toContain('{target}');
      const middle = (minimum + Math.min(maximum, minimum + 8)) / 2;
      const gain =
        ((action?.reachable(middle) ?? middle) - middle) * (riskDirection === 'decreasing' ? 1 : -1);
      expect(gain, name).toBeGreaterThan(0);
    }
  });
});
