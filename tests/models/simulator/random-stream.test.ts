import { describe, expect, it } from 'vitest';
import { RandomStream } from '../../../models/simulator/random-stream.ts';

const draws = (path: readonly number[], count: number, draw: (stream: RandomStream) => number): number[] => {
  const stream = new RandomStream(path);
  return Array.from({ length: count }, () => draw(stream));
};
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]): number => {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
};

describe('a random stream', () => {
  it('repeats for the same path and differs for paths that differ in one part', () => {
    const paths = [[1], [2], [1, 0], [0, 1], [1, 1], [2 ** 32 + 1], [2 ** 33 + 1], [1, 0, 0]];
    const firsts = paths.map((path) => draws(path, 4, (stream) => stream.uint32()).join());
    expect(new Set(firsts).size).toBe(paths.length);
    expect(paths.map((path) => draws(path, 4, (stream) => stream.uint32()).join())).toEqual(firsts);
  });

  it('is uniform across neighbouring paths, not only along one', () => {
    const firsts = Array.from({ length: 20_000 }, (_, index) => new RandomStream([7, index]).uniform());
    const cells = new Array<number>(16).fill(0);
    for (const value of firsts) cells[Math.floor(value * 16)] = (cells[Math.floor(value * 16)] ?? 0) + 1;
    const chiSquare = cells.reduce((sum, count) => sum + (count - 1_250) ** 2 / 1_250, 0);
    // 15 degrees of freedom: 37.7 is the 0.999 quantile.
    expect(chiSquare).toBeLessThan(37.7);
  });

  it.each([0.3, 4, 11.9, 12, 60])('draws Poisson counts of mean and variance %d', (rate) => {
    const counts = draws([3], 40_000, (stream) => stream.poisson(rate));
    const error = 4 * Math.sqrt(rate / counts.length);
    expect(Math.abs(mean(counts) - rate)).toBeLessThan(error + 0.002 * rate);
    expect(Math.abs(variance(counts) / rate - 1)).toBeLessThan(0.05);
  });

  it('draws normals and triangulars of mean 0 and variance 1', () => {
    for (const draw of [(s: RandomStream) => s.normal(), (s: RandomStream) => s.triangular()]) {
      const values = draws([5], 40_000, draw);
      expect(Math.abs(mean(values))).toBeLessThan(0.02);
      expect(Math.abs(variance(values) - 1)).toBeLessThan(0.03);
    }
  });
});
