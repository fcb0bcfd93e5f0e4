import type { BenchGroup } from './bench-group.ts';
import { coldStartBench } from './cold-start-bench.ts';
import { decisionsBench } from './decisions-bench.ts';
import { featuresBench } from './features-bench.ts';
import { ingestBench } from './ingest-bench.ts';
import { listsBench } from './lists-bench.ts';
import { scoringBench } from './scoring-bench.ts';

/** In the order they run. */
export const benchGroups: readonly BenchGroup[] = [
  scoringBench,
  featuresBench,
  ingestBench,
  decisionsBench,
  coldStartBench,
  listsBench,
];
