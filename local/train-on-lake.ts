import { createHash } from 'node:crypto';
import type { Champion } from '../shared/domain/champion.ts';
import { FutureWatch } from '../shared/domain/future-information.ts';
import { LAKE_QUERY } from '../shared/domain/lake-query.ts';
import { PrefixReplay, trainingInputs } from '../shared/domain/prefix-rows.ts';
import {
  type FittingRules,
  type TrainedKind,
  type TrainedPropensity,
  trainPropensity,
} from '../shared/domain/propensity-training.ts';
import { ServingSample } from '../shared/domain/serving-sample.ts';
import { WHOLE_RANGE, type WindowRules } from '../shared/domain/training-window.ts';
import { catalogue } from '../shared/features/catalogue.ts';
import { seededRandom } from '../shared/math/seeded-random.ts';
import { lakeEvents } from './lake-events.ts';
import { visibleSnapshots } from './visible-snapshots.ts';

/** All that decides the bytes of a version, beside the lake. */
export interface LakeTraining {
  readonly kind: TrainedKind;
  /** Epoch milliseconds of `received_at`: earlier events only build the state, later are not read. */
  readonly from: number | null;
  readonly to: number | null;
  readonly seed: number;
  /** `YYYY-MM-DD`. */
  readonly runDate: string;
  readonly timeZone: string;
  readonly codeVersion: string;
  readonly champion: Champion | null;
  /** Absent: the last four weeks, or all from `from` on where that is given. */
  readonly window?: WindowRules | undefined;
  /** Absent: the default parameters. */
  readonly search?: FittingRules['search'];
}

export interface TrainedOnLake extends TrainedPropensity {
  readonly events: number;
  /** Hex SHA-256 of the events read. */
  readonly digest: string;
}

const PROGRESS_EVERY = 10_000;

/**
 * Replays the lake and trains on it.
 * @throws NotEnoughData, UnreadableInput, FutureInformation, EveryTrialFailed
 */
export async function trainOnLake(
  training: LakeTraining,
  report: (progress: string) => void,
): Promise<TrainedOnLake> {
  const { kind, from, to, seed, runDate, timeZone, codeVersion, champion } = training;
  const { rows, states, events, digest, newest, replay } = await replayLake(training, report);
  report(`training on ${rows.length} rows`);
  const window = windowOf(training);
  const run = { runDate, seed, dataDigests: [digest], codeVersion, timeZone, window, replay };
  const trained = await trainPropensity(
    rows,
    run,
    kind,
    {
      champion,
      states,
      // Without a bound of its own, a version can be made again when more events have come.
      range: {
        from: from === null ? null : new Date(from).toISOString(),
        to: new Date(to ?? newest + 1).toISOString(),
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

/** A range that was asked for is used as a whole. */
function windowOf({ from, window }: Pick<LakeTraining, 'from' | 'window'>) {
  return window ?? (from === null ? undefined : WHOLE_RANGE);
}

/**
 * The rows of the lake, joined with the snapshots that were visible at their time, and how they were
 * made. What came before `from` is a part of its own, left out of the training.
 * @throws NotEnoughData, UnreadableInput, FutureInformation
 */
async function replayLake(
  { from, to, seed, timeZone }: Pick<LakeTraining, 'from' | 'to' | 'seed' | 'timeZone'>,
  report: (progress: string) => void,
) {
  const sample = new ServingSample(seededRandom(seed));
  const future = new FutureWatch();
  const snapshots = await visibleSnapshots((mark) => future.seeSnapshot(mark));
  const replay = new PrefixReplay(
    trainingInputs(catalogue()),
    timeZone,
    sample.offer.bind(sample),
    snapshots?.features ?? null,
  );
  const hash = createHash('sha256');
  let events = 0;
  let newest = 0;
  let begun = from === null;
  for await (const { text, event } of lakeEvents(to)) {
    newest = Math.max(newest, Date.parse(event.received_at));
    if (!begun && Date.parse(event.received_at) >= (from as number)) {
      begun = true;
      if (events > 0) replay.startPart();
    }
    future.see(event);
    replay.add(event);
    hash.update(text);
    events++;
    if (events % PROGRESS_EVERY === 0) report(`${events} events replayed`);
  }
  future.refuse();
  return {
    rows: replay.finish(),
    states: sample.states(),
    events,
    digest: hash.digest('hex'),
    newest,
    replay: {
      query: LAKE_QUERY,
      events,
      snapshots: (await snapshots?.recordUntil(newest)) ?? null,
    },
  };
}
