import type { ObjectStore } from '../ports.ts';
import type { DataProfile } from '../schemas/data-profile.ts';
import { DataProfiler } from './data-profile.ts';
import { lakeText } from './lake-text.ts';

const EVENTS = 'bronze/enriched_events/';
const DAY = /\/dt=(\d{4}-\d{2}-\d{2})\//;
const REPORT_EVERY = 50_000;

export interface ProfiledRange {
  /** Times of receipt in ISO 8601 UTC with milliseconds: from the first on, before the second. */
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * Profiles the enriched events of the lake in one pass, holding one object at a time. A line or an
 * object that cannot be read is counted and named, not thrown.
 * @param report hears of the lines read now and then
 */
export async function profileLake(
  lake: ObjectStore,
  { from, to }: ProfiledRange,
  report: (lines: number) => void,
): Promise<DataProfile> {
  const profiler = new DataProfiler();
  const inRange = (value: unknown) => {
    const received = (value as { received_at?: unknown } | null)?.received_at;
    if (typeof received !== 'string') return true; // what has no time is judged wherever it stands
    return (from === null || received >= from) && (to === null || received < to);
  };
  let lines = 0;
  for await (const key of lake.list(EVENTS)) {
    const day = DAY.exec(key)?.[1] ?? '(no day)';
    if (isDayOutside(day, { from, to })) continue;
    const text = await lakeText(lake, key);
    if (text === null) {
      profiler.addUnreadable(day, key);
      continue;
    }
    let line = 0;
    for (let start = 0; start < text.length; ) {
      const end = text.indexOf('\n', start);
      const content = text.slice(start, end < 0 ? text.length : end);
      start = end < 0 ? text.length : end + 1;
      line++;
      if (content.trim() === '') continue;
      if (++lines % REPORT_EVERY === 0) report(lines);
      const place = `${key}:${line}`;
      const value = parsed(content);
      if (value === UNREADABLE) profiler.addUnreadable(day, place);
      else if (inRange(value)) profiler.add(value, day, place);
    }
  }
  return profiler.profile();
}

const UNREADABLE = Symbol('unreadable');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return UNREADABLE; // counted by the caller
  }
}

/** Days of delivery may differ from those of receipt: a day on either side is read too. */
function isDayOutside(day: string, { from, to }: ProfiledRange): boolean {
  const time = Date.parse(day);
  if (Number.isNaN(time)) return false;
  const dayMs = 24 * 60 * 60 * 1000;
  return (
    (from !== null && time + 2 * dayMs <= Date.parse(from)) ||
    (to !== null && time - dayMs >= Date.parse(to))
  );
}
