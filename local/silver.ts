import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { NotEnoughData, UnreadableInput } from '../shared/errors.ts';
import { DAY_MS } from '../shared/features/day-tiles.ts';
import { BRONZE_COLUMNS, type SilverDay, trinoSilverDay } from '../shared/features/trino-silver.ts';
import { REQUIRED_COLUMNS } from '../shared/features/trino-statements.ts';
import { SILVER_TABLES } from '../shared/features/trino-tables.ts';
import { viewTable } from './lake-tables.ts';
import { writeParquet } from './write-parquet.ts';
import { writeWhole } from './write-whole.ts';

/** What became of the lines that were received on the days made anew. */
export interface SilverSummary {
  /** Days with a folder of events, from the first one on. */
  readonly days: number;
  /** Of them, those whose bronze or forerunner had changed. */
  readonly made: number;
  readonly lines: number;
  readonly events: number;
  readonly bots: number;
  readonly duplicates: number;
  /** Days between the first and the last one without a folder of events. */
  readonly missing_days: readonly string[];
}

const TABLES = Object.keys(SILVER_TABLES) as (keyof typeof SILVER_TABLES)[];
/** Begins with an underscore: Hive and Athena read no such file. */
const SOURCE_FILE = '_source.txt';

/**
 * Brings silver up to date: every day before `until` whose bronze files, whose text, or whose
 * forerunner has changed since it was made. The same files make the same bytes.
 * @param lake folder of the lake
 * @param until midnight UTC, epoch milliseconds
 * @throws NotEnoughData without an event before it; UnreadableInput naming the file or the day
 */
export async function refreshSilver(
  connection: DuckDBConnection,
  lake: string,
  until: number,
  report: (day: string) => void,
): Promise<SilverSummary> {
  const bronze = join(lake, 'bronze', 'enriched_events');
  const folders = existsSync(bronze) ? readdirSync(bronze).sort() : [];
  const days = folders.flatMap((name) => /^dt=(\d{4}-\d{2}-\d{2})$/.exec(name)?.[1] ?? []);
  const end = dayOf(until);
  const [first] = days;
  const last = days.findLast((day) => day < end);
  if (first === undefined || last === undefined)
    throw new NotEnoughData(
      `the lake has no events before ${end}: foresight import puts files there, and npm start what it receives`,
    );
  const present = new Set(days);
  const missing: string[] = [];
  const total = { days: 0, made: 0, lines: 0, events: 0, bots: 0, duplicates: 0 };
  let source = '';
  for (let date = Date.parse(first); date <= Date.parse(last); date += DAY_MS) {
    const day = dayOf(date);
    if (!present.has(day)) missing.push(day);
    const next = dayOf(date + DAY_MS);
    const files = [day, next].flatMap((name) => (present.has(name) ? filesOf(bronze, name) : []));
    if (files.length === 0) continue;
    total.days++;
    const texts = trinoSilverDay(date);
    source = sourceOf(files, texts, source);
    if (isMade(lake, day, source)) continue;
    report(day);
    const made = await makeDay(connection, lake, day, files, texts);
    writeWhole(join(lake, 'silver', 'events', `dt=${day}`, SOURCE_FILE), source);
    total.made++;
    for (const name of ['lines', 'events', 'bots', 'duplicates'] as const)
      total[name] += made[name];
  }
  return { ...total, missing_days: missing };
}

/** Makes views of a lake's silver tables, with no rows where there are no files yet. */
export async function viewSilver(connection: DuckDBConnection, lake: string): Promise<void> {
  for (const table of Object.values(SILVER_TABLES)) await viewTable(connection, lake, table);
}

async function makeDay(
  connection: DuckDBConnection,
  lake: string,
  day: string,
  files: readonly string[],
  texts: SilverDay,
) {
  const types = Object.entries(BRONZE_COLUMNS).map(([name, type]) => `${name}: ${text(type)}`);
  try {
    await viewSilver(connection, lake);
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE bronze_events AS
       SELECT * FROM read_ndjson([${files.map(text).join(', ')}], columns = {${types.join(', ')}},
         hive_partitioning = true, hive_types = {'dt': VARCHAR})`,
    );
    await refuseIncomplete(connection, day);
    await connection.run(`CREATE OR REPLACE TEMP TABLE silver_steps AS ${texts.steps}`);
    for (const table of TABLES)
      await writeParquet(
        connection,
        texts[table],
        join(lake, 'silver', table, `dt=${day}`, 'part.parquet'),
      );
  } catch (error) {
    if (error instanceof UnreadableInput) throw error;
    throw new UnreadableInput(`the events of ${day}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const counted = await connection.runAndReadAll(
    `SELECT count(*)::INT, count_if(is_bot)::INT,
       (SELECT count(*) FROM silver_steps WHERE NOT is_carried)::INT
     FROM bronze_events WHERE substr(received_at, 1, 10) = ${text(day)}`,
  );
  const [lines, bots, events] = counted.getRows()[0] as [number, number, number];
  return { lines, bots, events, duplicates: lines - bots - events };
}

/** A column that was renamed reads as missing: better no day than a wrong one. */
async function refuseIncomplete(connection: DuckDBConnection, day: string): Promise<void> {
  const found = await connection.runAndReadAll(
    `SELECT ${REQUIRED_COLUMNS.map((name) => `count_if(${name} IS NULL)::INT`).join(', ')} FROM bronze_events`,
  );
  const counts = found.getRows()[0] as number[];
  const faults = REQUIRED_COLUMNS.flatMap((name, place) =>
    counts[place] === 0 ? [] : [`${counts[place]} lines without ${name}`],
  );
  if (faults.length > 0)
    throw new UnreadableInput(
      `the events of ${day} are not what enrich writes: ${faults.join(', ')}. Mend or remove them in bronze/enriched_events/dt=${day} or the day after`,
    );
}

function isMade(lake: string, day: string, source: string): boolean {
  const folder = (table: string) => join(lake, 'silver', table, `dt=${day}`);
  const file = join(folder('events'), SOURCE_FILE);
  return (
    existsSync(file) &&
    readFileSync(file, 'utf8') === source &&
    TABLES.every((table) => existsSync(join(folder(table), 'part.parquet')))
  );
}

/** Each day follows from its files and from the day before. */
function sourceOf(files: readonly string[], texts: SilverDay, before: string): string {
  const hash = createHash('sha256').update(before).update(JSON.stringify(texts));
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file.slice(file.indexOf('dt='))} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function filesOf(bronze: string, day: string): string[] {
  const folder = join(bronze, `dt=${day}`);
  return readdirSync(folder)
    .filter((name) => name.includes('.jsonl'))
    .sort()
    .map((name) => join(folder, name));
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
