import { InvalidRequest, MissingDay } from '../../errors.ts';
import { DAY_MS } from '../../features/day-tiles.ts';
import { BRONZE_EVENTS } from '../../features/trino-tables.ts';
import type { ObjectStore } from '../../ports.ts';
import type { BatchFeaturesRequest } from '../../schemas/batch-features-run.ts';

/** Says of a day of silver that it is whole. */
const MADE_DAYS = 'silver/made/';
/** A backlog beyond this is worked off by runs for earlier dates. */
const MOST_DAYS = 31;

export interface RunPlan {
  readonly date: string;
  /** Of silver, to be made in this order: each follows from the one before it. */
  readonly days: readonly string[];
  /** Nothing was received before the date. */
  readonly is_empty: boolean;
  readonly entities: readonly ['user', 'product'];
}

/**
 * What is left to be done for the snapshots of a date.
 * @param now epoch milliseconds
 * @throws MissingDay where no events were delivered of a day; InvalidRequest for a date that has not
 *   begun, or that more than a month of silver is missing before
 */
export async function planRun(
  { date, empty_days }: BatchFeaturesRequest,
  lake: ObjectStore,
  now: number,
): Promise<RunPlan> {
  if (Date.parse(date) > now)
    throw new InvalidRequest(
      `${date} has not begun: what comes until then would be missing`,
      'date',
    );
  const made = await lastDay(lake, MADE_DAYS);
  const first = made === null ? await firstDay(lake, BRONZE_EVENTS.folder) : dayAfter(made);
  const entities = ['user', 'product'] as const;
  if (first === null || (made === null && first >= date))
    return { date, days: [], is_empty: true, entities };
  const days: string[] = [];
  for (let day = first; day < date; day = dayAfter(day)) {
    if (empty_days.includes(day)) continue;
    if ((await firstKey(lake, `${BRONZE_EVENTS.folder}dt=${day}/`)) === null)
      throw new MissingDay(
        `the lake has no ${BRONZE_EVENTS.folder}dt=${day}: deliver it, or start again with "empty_days": ["${day}"] if nobody came`,
      );
    days.push(day);
  }
  if (days.length > MOST_DAYS)
    throw new InvalidRequest(
      `${days.length} days of silver are missing before ${date}: start a run for ${dayAfter(days[MOST_DAYS - 1] as string)} first`,
      'date',
    );
  return { date, days, is_empty: false, entities };
}

/** Notes that a day of silver is whole. */
export async function noteDay(lake: ObjectStore, day: string): Promise<void> {
  await lake.put(`${MADE_DAYS}dt=${day}`, new Uint8Array());
}

async function firstKey(lake: ObjectStore, prefix: string): Promise<string | null> {
  for await (const key of lake.list(prefix)) return key;
  return null;
}

async function firstDay(lake: ObjectStore, prefix: string): Promise<string | null> {
  const key = await firstKey(lake, `${prefix}dt=`);
  return key === null ? null : dayOf(key);
}

async function lastDay(lake: ObjectStore, prefix: string): Promise<string | null> {
  let last: string | null = null;
  for await (const key of lake.list(prefix)) last = dayOf(key);
  return last;
}

function dayOf(key: string): string | null {
  return /\/dt=(\d{4}-\d{2}-\d{2})/.exec(key)?.[1] ?? null;
}

function dayAfter(day: string): string {
  return new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10);
}
