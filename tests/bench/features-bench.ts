import { summarizeDay } from '../../shared/domain/summarize-day.ts';
import { pointInTimeFeatures } from '../../shared/features/point-in-time-features.ts';
import { decodeBundle, encodeBundle } from '../../shared/store/bundle-codec.ts';
import { decodeSummary, encodeSummary } from '../../shared/store/summary-codec.ts';
import type { BenchGroup } from './bench-group.ts';
import { measureInterleaved } from './measure-interleaved.ts';
import { against, throughput } from './measurement.ts';
import { AS_OF, simulatedHistories } from './simulated-histories.ts';

const HISTORIES = 4;

/**
 * One feature vector of a station with two years of history, from what is held at three depths: day summaries
 * in memory, day summaries as stored, and, as without summaries, every transaction as stored. One run is one
 * vector; stations take turns, so that no branch is learnt by heart.
 */
export const featuresBench: BenchGroup = {
  name: 'features',
  run: async ({ effort, quick }) => {
    const histories = simulatedHistories(quick ? 1 : HISTORIES).map((history) => ({
      ...history,
      storedSummaries: history.summaries.map(encodeSummary),
      storedBundles: history.bundles.map(encodeBundle),
    }));
    const inTurn = () => {
      let turn = 0;
      return () => {
        turn += 1;
        const history = histories[turn % histories.length];
        if (history === undefined) throw new RangeError('no histories');
        return history;
      };
    };
    const [forSummaries, forStored, forRows] = [inTurn(), inTurn(), inTurn()];

    const timings = await measureInterleaved(
      [
        {
          name: 'summaries',
          run: () => {
            const { summaries, facts } = forSummaries();
            return pointInTimeFeatures(summaries, facts, AS_OF);
          },
        },
        {
          name: 'stored',
          run: () => {
            const { storedSummaries, facts } = forStored();
            return pointInTimeFeatures(storedSummaries.map(decodeSummary), facts, AS_OF);
          },
        },
        {
          name: 'rows',
          run: () => {
            const { storedBundles, facts, simulated } = forRows();
            const { timeZone } = simulated.station;
            const summaries = storedBundles.map((bytes) => summarizeDay(decodeBundle(bytes), timeZone));
            return pointInTimeFeatures(summaries, facts, AS_OF);
          },
        },
      ],
      effort,
    );
    const rows = throughput(
      'features of 730 days, from raw transactions',
      'vectors/s',
      timings.rows.processorMs,
      1,
    );
    return [
      against(
        throughput('features of 730 days, from day summaries', 'vectors/s', timings.summaries.processorMs, 1),
        rows,
      ),
      against(
        throughput('features of 730 days, from stored bytes', 'vectors/s', timings.stored.processorMs, 1),
        rows,
      ),
      against(rows),
    ];
  },
};
