import { createHash } from 'node:crypto';
import type { ObjectStore } from '../ports.ts';
import type { SnapshotRecord } from '../schemas/model.ts';
import type { SnapshotMark } from '../schemas/snapshot-mark.ts';
import { BatchFeatures } from './batch-features.ts';
import type { SnapshotRow } from './feature-snapshot.ts';
import { snapshotMarks } from './snapshot-mark.ts';
import { keptRows } from './snapshot-rows.ts';

export interface VisibleSnapshots {
  readonly features: BatchFeatures;
  /**
   * What a manifest says of those that rows up to a moment could see.
   * @param newest epoch milliseconds
   */
  recordUntil(newest: number): SnapshotRecord;
}

interface ToldSnapshot extends SnapshotMark {
  readonly digest: string;
}

/**
 * The snapshots of users and products in the lake, each from the moment at which it was visible.
 * @param before epoch milliseconds; only those that were visible earlier
 * @param see hears of every one
 * @throws UnreadableInput where the rows of one are gone or damaged
 */
export async function visibleSnapshots(
  lake: ObjectStore,
  before: number,
  see: (mark: SnapshotMark) => void = () => {},
): Promise<VisibleSnapshots> {
  const marks: SnapshotMark[] = [];
  for await (const mark of snapshotMarks(lake)) {
    see(mark);
    if (mark.valid_from < before) marks.push(mark);
  }
  const features = new BatchFeatures();
  const told: ToldSnapshot[] = [];
  for (const kind of ['user', 'product'] as const) {
    // Most rows say what the snapshot before them said.
    let known: ReadonlySet<string> = new Set();
    for (const mark of marks.filter(({ entity }) => entity === kind).sort(byTime)) {
      const { lines, digest } = await keptRows(lake, mark);
      for (const line of lines) {
        if (known.has(line)) continue;
        const row = JSON.parse(line) as SnapshotRow;
        features.add(kind, { ...row, validFrom: mark.valid_from });
      }
      known = new Set(lines);
      told.push({ ...mark, digest });
    }
  }
  return {
    features,
    recordUntil: (newest) => recordOf(told.filter(({ valid_from }) => valid_from <= newest)),
  };
}

function recordOf(snapshots: readonly ToldSnapshot[]): SnapshotRecord {
  const dates = snapshots.map(({ date }) => date).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined || last === undefined) return null;
  const hash = createHash('sha256');
  for (const { entity, date, valid_from, digest } of snapshots.toSorted(byEntityAndDate))
    hash.update(`${entity} ${date} ${valid_from} ${digest}\n`);
  return { first, last, files: snapshots.length, digest: hash.digest('hex') };
}

function byTime(a: SnapshotMark, b: SnapshotMark): number {
  return a.valid_from - b.valid_from || (a.date < b.date ? -1 : 1);
}

function byEntityAndDate(a: SnapshotMark, b: SnapshotMark): number {
  return `${a.entity} ${a.date}` < `${b.entity} ${b.date}` ? -1 : 1;
}
