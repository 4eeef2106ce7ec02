import { createHash } from 'node:crypto';
import { catalogue } from '../../features/catalogue.ts';
import { seededRandom } from '../../math/seeded-random.ts';
import type { TrainingRun, TrainingSet } from '../../schemas/training-run.ts';
import { FutureWatch } from '../future-information.ts';
import { PrefixReplay, type PrefixRows, trainingInputs } from '../prefix-rows.ts';
import { type ServedState, ServingSample } from '../serving-sample.ts';
import type { LakeEvent } from './lake-events.ts';

/** What a training learns from, and how it came about. */
export interface BuiltSet {
  readonly rows: PrefixRows;
  readonly states: readonly ServedState[];
  readonly set: TrainingSet;
}

/**
 * Replays events through the fold that serves, which leaves rows that know nothing of later ones.
 * What came before the run's `from` only builds the state.
 * @param events in order_key order
 * @throws NotEnoughData, FutureInformation
 */
export async function buildSet(
  events: AsyncIterable<LakeEvent>,
  { from, seed }: Pick<TrainingRun, 'from' | 'seed'>,
  timeZone: string,
): Promise<BuiltSet> {
  const sample = new ServingSample(seededRandom(seed));
  const replay = new PrefixReplay(trainingInputs(catalogue()), timeZone, sample.offer.bind(sample));
  const future = new FutureWatch();
  const hash = createHash('sha256');
  let count = 0;
  let newest = '';
  let begun = from === null;
  for await (const { text, event } of events) {
    if (event.received_at > newest) newest = event.received_at;
    if (!begun && event.received_at >= (from as string)) {
      begun = true;
      if (count > 0) replay.startPart();
    }
    future.see(event);
    replay.add(event);
    hash.update(text);
    count++;
  }
  future.refuse();
  const rows = replay.finish();
  const set = { events: count, rows: rows.length, digest: hash.digest('hex'), newest };
  return { rows, states: sample.states(), set };
}
