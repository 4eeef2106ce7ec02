import { NotEnoughData, UnreadableInput } from '../../errors.ts';
import { REQUIRED_COLUMNS, TRAILING_DAYS } from '../../features/trino-statements.ts';
import { SNAPSHOT_VIEWS, snapshotTable } from '../../features/trino-tables.ts';
import { type SnapshotEntity, snapshotColumns } from '../../features/trino-view.ts';
import type { SnapshotFinding } from '../../schemas/batch-features-run.ts';

/** A row of a survey: numbers as text, empty where there is none. */
export type SurveyRow = Readonly<Record<string, string>>;

/**
 * A column that was renamed reads as missing: better no day than a wrong one.
 * @throws UnreadableInput naming the columns; NotEnoughData for a day without a line
 */
export function checkDay(day: string, [row]: readonly SurveyRow[]): void {
  if (row === undefined || number(row, 'lines') === 0)
    throw new NotEnoughData(
      `no line of ${day} was received on it: look at what stands in bronze/enriched_events/dt=${day}`,
    );
  const faults = REQUIRED_COLUMNS.flatMap((name) => {
    const count = number(row, `without_${name}`) ?? 0;
    return count === 0 ? [] : [`${count} lines without ${name}`];
  });
  if (faults.length > 0)
    throw new UnreadableInput(
      `the events of ${day} are not what enrich writes: ${faults.join(', ')}. Mend or remove them in bronze/enriched_events/dt=${day} or the day after`,
    );
}

/** Fewer snapshots than these are no mean to compare with. */
const LEAST_TRAILING = 3;
const ROWS_RATIO = { least: 0.5, most: 2 } as const;
/** By which the share of missing values of a column may rise above that of the days before. */
const MISSING_RISE = 0.2;
/** Of a column's greatest value over the mean of those of the days before. */
const GREATEST_RATIO = 1000;

/** Holds the snapshot of a date against itself and against those of the week before. */
export function checkSnapshot(
  entity: SnapshotEntity,
  date: string,
  rows: readonly SurveyRow[],
): readonly SnapshotFinding[] {
  const own = rows.find(({ dt }) => dt === date);
  const trailing = rows.filter(({ dt }) => dt !== date);
  const find = (name: string, verdict: SnapshotFinding['verdict'], detail: string) => {
    return { entity, name, verdict, detail };
  };
  if (own === undefined) return [find('rows', 'halt', 'the snapshot has no row')];
  const count = number(own, 'row_count') as number;
  const repeated = count - (number(own, 'ids') ?? 0);
  const without = number(own, 'without_id') ?? 0;
  const ids = find(
    'ids',
    repeated > 0 || without > 0 ? 'halt' : 'pass',
    `${without} rows without an id, ${repeated} that repeat one or have none`,
  );
  const ranges = belowZero(entity, own).map(({ column, least }) =>
    find('ranges', 'halt', `${column} goes down to ${least}`),
  );
  if (trailing.length < LEAST_TRAILING)
    return [
      ids,
      ...ranges,
      find('trailing', 'not-judged', `${trailing.length} of the last ${TRAILING_DAYS} days`),
    ];
  const mean = meanOf(trailing.map((row) => number(row, 'row_count') as number)) as number;
  const isFar = count < ROWS_RATIO.least * mean || count > ROWS_RATIO.most * mean;
  return [
    ids,
    ...ranges,
    find(
      'rows',
      isFar ? 'halt' : 'pass',
      `${count} rows, ${mean.toFixed(0)} in the mean of the days before`,
    ),
    ...nullRises(entity, own, trailing).map((detail) => find('missing values', 'halt', detail)),
    ...leaps(entity, own, trailing).map((detail) => find('ranges', 'halt', detail)),
  ];
}

/** What a refund may do to a sum of money, nothing may do to any other number. */
function belowZero(entity: SnapshotEntity, row: SurveyRow) {
  const view = SNAPSHOT_VIEWS[entity];
  return snapshotColumns(view).flatMap(({ column }, index) => {
    const least = number(row, `least_${column}`);
    const isSpend = view.features[index]?.name.startsWith('total_spend') ?? false;
    return least !== null && least < 0 && !isSpend ? [{ column, least }] : [];
  });
}

function nullRises(
  entity: SnapshotEntity,
  own: SurveyRow,
  trailing: readonly SurveyRow[],
): readonly string[] {
  return snapshotColumns(SNAPSHOT_VIEWS[entity]).flatMap(({ column }) => {
    const missing = (row: SurveyRow) =>
      1 - (number(row, `present_${column}`) ?? 0) / Math.max(1, number(row, 'row_count') ?? 0);
    const before = meanOf(trailing.map(missing)) as number;
    return missing(own) > before + MISSING_RISE
      ? [`${column} is missing in ${percent(missing(own))} of the rows, ${percent(before)} before`]
      : [];
  });
}

function leaps(
  entity: SnapshotEntity,
  own: SurveyRow,
  trailing: readonly SurveyRow[],
): readonly string[] {
  const { columns } = snapshotTable(SNAPSHOT_VIEWS[entity]);
  return Object.keys(columns).flatMap((column) => {
    const greatest = number(own, `greatest_${column}`);
    const before = meanOf(
      trailing
        .flatMap((row) => number(row, `greatest_${column}`) ?? [])
        .filter((value) => value > 0),
    );
    return greatest !== null && before !== null && greatest > GREATEST_RATIO * before
      ? [
          `${column} goes up to ${greatest}, ${before.toPrecision(3)} in the mean of the days before`,
        ]
      : [];
  });
}

function number(row: SurveyRow, column: string): number | null {
  const text = row[column];
  return text === undefined || text === '' ? null : Number(text);
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
