import { createHash } from 'node:crypto';
import type { Champion } from '../shared/domain/champion.ts';
import { modelInputs, PrefixReplay } from '../shared/domain/prefix-rows.ts';
import {
  type TrainedKind,
  type TrainedPropensity,
  trainPropensity,
} from '../shared/domain/propensity-training.ts';
import { ServingSample } from '../shared/domain/serving-sample.ts';
import { catalogue } from '../shared/features/catalogue.ts';
import { seededRandom } from '../shared/math/seeded-random.ts';
import { lakeEvents } from './lake-events.ts';

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
}

export interface TrainedOnLake extends TrainedPropensity {
  readonly events: number;
  /** Hex SHA-256 of the events read. */
  readonly digest: string;
}

const PROGRESS_EVERY = 10_000;

/**
 * Replays the lake and trains on it.
 * @throws NotEnoughData, UnreadableInput
 */
export async function trainOnLake(
  training: LakeTraining,
  report: (progress: string) => void,
): Promise<TrainedOnLake> {
  const { kind, from, to, seed, runDate, timeZone, codeVersion, champion } = training;
  const { rows, states, events, digest, newest } = await replayLake(training, report);
  report(`training on ${rows.length} rows`);
  const run = { runDate, seed, dataDigests: [digest], codeVersion, timeZone };
  const trained = await trainPropensity(rows, run, kind, {
    champion,
    states,
    // Without a bound of its own, a version can be made again when more events have come.
    range: {
      from: from === null ? null : new Date(from).toISOString(),
      to: new Date(to ?? newest + 1).toISOString(),
    },
    stopwatch: () => performance.now(),
  });
  return { ...trained, events, digest };
}

/** What came before `from` is a part of its own, left out of the training. */
async function replayLake(
  { from, to, seed, timeZone }: LakeTraining,
  report: (progress: string) => void,
) {
  const sample = new ServingSample(seededRandom(seed));
  const replay = new PrefixReplay(modelInputs(catalogue()), timeZone, sample.offer.bind(sample));
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
    replay.add(event);
    hash.update(text);
    events++;
    if (events % PROGRESS_EVERY === 0) report(`${events} events replayed`);
  }
  return {
    rows: replay.finish(),
    states: sample.states(),
    events,
    digest: hash.digest('hex'),
    newest,
  };
}
