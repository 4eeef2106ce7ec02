import type { Champion } from '../shared/domain/champion.ts';
import { LAKE_QUERY } from '../shared/domain/lake-query.ts';
import {
  type FittingRules,
  type TrainedKind,
  type TrainedPropensity,
  trainPropensity,
} from '../shared/domain/propensity-training.ts';
import { buildSet, endOfSet, type SetRules } from '../shared/domain/training-run/build-set.ts';
import type { WindowRules } from '../shared/domain/training-window.ts';
import { openLake } from './lake.ts';

/** All that decides the bytes of a version, beside the lake. */
export interface LakeTraining extends SetRules {
  readonly kind: TrainedKind;
  /** `YYYY-MM-DD`. */
  readonly runDate: string;
  readonly codeVersion: string;
  readonly champion: Champion | null;
  /** Absent: the last four weeks. */
  readonly window?: WindowRules | undefined;
  /** Absent: the default parameters. */
  readonly search?: FittingRules['search'];
}

export interface TrainedOnLake extends TrainedPropensity {
  readonly events: number;
  /** Hex SHA-256 of the events read. */
  readonly digest: string;
}

/**
 * Replays the lake and trains on it, as the machine `training` does.
 * @throws NotEnoughData, UnreadableInput, FutureInformation, EveryTrialFailed
 */
export async function trainOnLake(
  training: LakeTraining,
  report: (progress: string) => void,
): Promise<TrainedOnLake> {
  const { kind, from, to, seed, runDate, timeZone, codeVersion, champion, window } = training;
  const { rows, states, set } = await buildSet(openLake(), training, report);
  report(`training on ${rows.length} rows`);
  const { events, digest, snapshots } = set;
  const replay = { query: LAKE_QUERY, events, snapshots };
  const run = { runDate, seed, dataDigests: [digest], codeVersion, timeZone, window, replay };
  const trained = await trainPropensity(
    rows,
    run,
    kind,
    {
      champion,
      states,
      range: {
        from: from === null ? null : new Date(from).toISOString(),
        to: endOfSet(set, to),
      },
      stopwatch: () => performance.now(),
    },
    {
      search: training.search,
      onTrial: ({ trial, measured, loss, failure }) =>
        report(
          `trial ${trial}, ${measured.length} cut-offs: ${failure ?? `log loss ${loss?.toFixed(5)}`}`,
        ),
    },
  );
  return { ...trained, events, digest };
}
