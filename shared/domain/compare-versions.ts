import type { PairedReport } from '../schemas/evaluation-report.ts';
import type { Manifest, MetricInterval } from '../schemas/model.ts';
import { measuredBy } from './gate.ts';

/** A version as far as it can be compared. */
export interface ComparedVersion {
  readonly manifest: Manifest;
  /** Null where the version was registered without one. */
  readonly report: PairedReport | null;
}

interface ComparedMetric {
  readonly metric: string;
  readonly before: MetricInterval | null;
  readonly after: MetricInterval | null;
  /** After − before on the same draws; null where those are not the same. */
  readonly difference: MetricInterval | null;
}

export interface VersionComparison {
  readonly metrics: readonly ComparedMetric[];
  /** Null where the differences are paired. */
  readonly unpaired_because: string | null;
}

/** Two versions side by side, pair by pair where both were measured on the same rows and draws. */
export function compareVersions(
  before: ComparedVersion,
  after: ComparedVersion,
): VersionComparison {
  const obstacle = unpairedBecause(before, after);
  const names = new Set([
    ...Object.keys(before.manifest.metrics),
    ...Object.keys(after.manifest.metrics),
  ]);
  return {
    unpaired_because: obstacle,
    metrics: [...names].map((metric) => {
      const [old, new_] = [before.manifest.metrics[metric], after.manifest.metrics[metric]];
      return {
        metric,
        before: old ?? null,
        after: new_ ?? null,
        difference: obstacle === null ? pairedDifference(metric, before, after) : null,
      };
    }),
  };
}

function unpairedBecause(before: ComparedVersion, after: ComparedVersion): string | null {
  for (const { manifest, report } of [before, after])
    if (report === null || report.evaluated_on === null)
      return `${manifest.version} has no evaluation report`;
  const [a, b] = [before.report?.evaluated_on, after.report?.evaluated_on];
  if (a?.digest !== b?.digest) return 'they were measured on different rows';
  return a?.seed === b?.seed ? null : 'their bootstraps have different seeds';
}

function pairedDifference(
  metric: string,
  before: ComparedVersion,
  after: ComparedVersion,
): MetricInterval | null {
  const [old, new_] = [before.report?.draws?.[metric], after.report?.draws?.[metric]];
  const [from, to] = [before, after].map(({ manifest }) => manifest.metrics[metric]?.value ?? null);
  if (old === undefined || new_ === undefined || from === null || to === null) return null;
  const differences = Float64Array.from(
    new_,
    (value, draw) => (value ?? Number.NaN) - (old[draw] ?? Number.NaN),
  );
  return measuredBy((to as number) - (from as number), differences);
}
