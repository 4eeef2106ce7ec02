import { createHash } from 'node:crypto';
import { catalogue } from '../../features/catalogue.ts';
import { seededRandom } from '../../math/seeded-random.ts';
import type { ObjectStore } from '../../ports.ts';
import type { TrainingSet } from '../../schemas/training-run.ts';
import { FutureWatch } from '../future-information.ts';
import { lakeEvents } from '../lake-events.ts';
import { PrefixReplay, type PrefixRows, trainingInputs } from '../prefix-rows.ts';
import { type ServedState, ServingSample } from '../serving-sample.ts';
import { visibleSnapshots } from '../visible-snapshots.ts';

/** What of the lake a training learns from. */
export interface SetRules {
  /** Epoch milliseconds of `received_at`: earlier events only build the state. */
  readonly from: number | null;
  /** Epoch milliseconds of `received_at`: later events are not read. */
  readonly to: number | null;
  /** Of the sample of states. */
  readonly seed: number;
  readonly timeZone: string;
}

/** What a training learns from, and how it came about. */
export interface BuiltSet {
  readonly rows: PrefixRows;
  readonly states: readonly ServedState[];
  readonly set: TrainingSet;
}

const PROGRESS_EVERY = 10_000;

/**
 * Replays the lake through the fold that serves, which leaves rows that know nothing of later
 * events, joined with the snapshots that were visible at their time. What came before `from` is a
 * part of its own, left out of the training.
 * @throws NotEnoughData, UnreadableInput, FutureInformation
 */
export async function buildSet(
  lake: ObjectStore,
  { from, to, seed, timeZone }: SetRules,
  report: (progress: string) => void = () => {},
): Promise<BuiltSet> {
  const before = to ?? Number.POSITIVE_INFINITY;
  const sample = new ServingSample(seededRandom(seed));
  const future = new FutureWatch();
  const snapshots = await visibleSnapshots(lake, before, (mark) => future.seeSnapshot(mark));
  const replay = new PrefixReplay(
    trainingInputs(catalogue()),
    timeZone,
    sample.offer.bind(sample),
    snapshots.features,
  );
  const hash = createHash('sha256');
  let count = 0;
  let newest = 0;
  let begun = from === null;
  for await (const { text, event } of lakeEvents(lake, before)) {
    const receivedAt = Date.parse(event.received_at);
    newest = Math.max(newest, receivedAt);
    if (!begun && receivedAt >= (from as number)) {
      begun = true;
      if (count > 0) replay.startPart();
    }
    future.see(event);
    replay.add(event);
    hash.update(text);
    count++;
    if (count % PROGRESS_EVERY === 0) report(`${count} events replayed`);
  }
  future.refuse();
  const rows = replay.finish();
  const set = {
    events: count,
    rows: rows.length,
    digest: hash.digest('hex'),
    newest: new Date(newest).toISOString(),
    snapshots: snapshots.recordUntil(newest),
  };
  return { rows, states: sample.states(), set };
}

/** The first moment without an event of the set: with it as bound, the set can be made again. */
export function endOfSet({ newest }: Pick<TrainingSet, 'newest'>, to: number | null): string {
  const next = Date.parse(newest) + 1;
  return new Date(to === null ? next : Math.min(next, to)).toISOString();
}
