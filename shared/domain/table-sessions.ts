import { quantile } from '../math/quantile.ts';
import type { ReadColumn } from './table-columns.ts';

/**
 * What a column of a table of steps (a click a row) says of its session:
 * - `attribute`: the same in all rows of a session, so one value of it;
 * - `clock`: never falls within a session and goes in uneven steps, so gaps;
 * - `code`: one of few values (a page, a category), so counts, places, times and changes;
 * - `amount`: any other number (a price), so its sum, mean and ends.
 */
export type StepColumn =
  | { readonly name: string; readonly role: 'attribute' | 'clock' | 'amount' }
  | {
      readonly name: string;
      readonly role: 'code';
      /** The most frequent values, as texts. */
      readonly codes: readonly string[];
      /** Whether the steps from each code to each are counted: there are few enough. */
      readonly transitions: boolean;
    };

/** Rows of each session, in the order of the file. */
export type SessionRows = readonly (readonly number[])[];

const MOST_CODES = 32;
/** Codes whose pairs are counted, at most. */
const MOST_CODES_OF_TRANSITIONS = 8;
/** Places from the end whose code is a column of its own, and from the beginning. */
const LAST_PLACES = 4;
const FIRST_PLACES = 5;

/** What each column is, from the rows to learn from; one that only counts the rows is left out. */
export function stepColumns(
  columns: readonly ReadColumn[],
  sessions: SessionRows,
): readonly StepColumn[] {
  return columns.flatMap((column): readonly StepColumn[] => {
    const { name } = column;
    const values = 'texts' in column ? column.texts : column.numbers;
    if (everyStep(sessions, (from, to) => Object.is(values[from] ?? '', values[to] ?? '')))
      return [{ name, role: 'attribute' }];
    if ('numbers' in column) {
      const { numbers } = column;
      const step = (from: number, to: number) =>
        (numbers[to] as number) - (numbers[from] as number);
      if (everyStep(sessions, (from, to) => step(from, to) === 1)) return [];
      if (everyStep(sessions, (from, to) => step(from, to) >= 0)) return [{ name, role: 'clock' }];
    }
    const codes = codesOf(column);
    if (codes.length === 0) return 'numbers' in column ? [{ name, role: 'amount' }] : [];
    const transitions = codes.length <= MOST_CODES_OF_TRANSITIONS;
    return [{ name, role: 'code', codes, transitions }];
  });
}

function everyStep(sessions: SessionRows, test: (from: number, to: number) => boolean): boolean {
  return sessions.every((rows) =>
    rows.every((row, place) => place === 0 || test(rows[place - 1] as number, row)),
  );
}

/** None of a number column that has fractions or more values than codes may have. */
function codesOf(column: ReadColumn): readonly string[] {
  const counts = new Map<string, number>();
  if ('texts' in column) {
    for (const text of column.texts) if (text) counts.set(text, (counts.get(text) ?? 0) + 1);
  } else {
    for (const number of column.numbers) {
      if (Number.isNaN(number)) continue;
      if (!Number.isInteger(number)) return [];
      counts.set(`${number}`, (counts.get(`${number}`) ?? 0) + 1);
      if (counts.size > MOST_CODES) return [];
    }
  }
  return [...counts]
    .sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1))
    .slice(0, MOST_CODES)
    .map(([text]) => text);
}

/** One row a session, in the order of `sessions`. */
export function sessionColumns(
  steps: readonly StepColumn[],
  columns: readonly ReadColumn[],
  sessions: SessionRows,
): readonly ReadColumn[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const of = (name: string) => byName.get(name) as ReadColumn;
  const clocks = steps
    .filter(({ role }) => role === 'clock')
    .map(({ name }) => numbersOf(of(name)));
  return [
    numbers('rows', sessions, (rows) => rows.length),
    ...steps.flatMap((step) => {
      const column = of(step.name);
      if (step.role === 'code') return codeColumns(step, column, clocks, sessions);
      if (step.role === 'attribute') return [firstOf(column, sessions)];
      if (step.role === 'clock') return gapColumns(column, sessions);
      return amountColumns(column, sessions);
    }),
  ];
}

function numbers(
  name: string,
  sessions: SessionRows,
  value: (rows: readonly number[]) => number,
): ReadColumn {
  return { name, numbers: Float32Array.from(sessions, value) };
}

function numbersOf(column: ReadColumn): Clock {
  return column as Clock;
}

function firstOf(column: ReadColumn, sessions: SessionRows): ReadColumn {
  const { name } = column;
  return 'texts' in column
    ? { name, texts: sessions.map(([row]) => column.texts[row as number] ?? null) }
    : numbers(name, sessions, ([row]) => column.numbers[row as number] as number);
}

function gapColumns(column: ReadColumn, sessions: SessionRows): readonly ReadColumn[] {
  const { name, numbers: clock } = numbersOf(column);
  const gaps = sessions.map((rows) =>
    rows
      .slice(1)
      .map((row, place) => (clock[row] as number) - (clock[rows[place] as number] as number)),
  );
  const ofGaps = (what: string, value: (gaps: readonly number[]) => number): ReadColumn => ({
    name: `${name}: ${what}`,
    numbers: Float32Array.from(gaps, (ones) => (ones.length === 0 ? Number.NaN : value(ones))),
  });
  return [
    ofGaps('all', (ones) => ones.reduce((sum, gap) => sum + gap, 0)),
    ofGaps('longest gap', (ones) => Math.max(...ones)),
    ofGaps('median gap', (ones) => quantile(Float64Array.from(ones).sort(), 0.5)),
    ofGaps('last gap', (ones) => ones.at(-1) as number),
    ofGaps('last gap but one', (ones) => ones.at(-2) ?? Number.NaN),
  ];
}

function amountColumns(column: ReadColumn, sessions: SessionRows): readonly ReadColumn[] {
  const { name, numbers: amounts } = numbersOf(column);
  const of = (what: string, value: (values: readonly number[]) => number) =>
    numbers(`${name}: ${what}`, sessions, (rows) => {
      const present = rows.map((row) => amounts[row] as number).filter((one) => !Number.isNaN(one));
      return present.length === 0 ? Number.NaN : value(present);
    });
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return [
    of('sum', sum),
    of('mean', (values) => sum(values) / values.length),
    of('least', (values) => Math.min(...values)),
    of('most', (values) => Math.max(...values)),
    of('first', (values) => values[0] as number),
    of('last', (values) => values.at(-1) as number),
  ];
}

type Clock = { readonly name: string; readonly numbers: Float32Array };

function codeColumns(
  { name, codes, transitions }: Extract<StepColumn, { role: 'code' }>,
  column: ReadColumn,
  clocks: readonly Clock[],
  sessions: SessionRows,
): readonly ReadColumn[] {
  const number = new Map(codes.map((code, place) => [code, place]));
  const texts: readonly (string | null)[] =
    'texts' in column ? column.texts : Array.from(column.numbers, (value) => `${value}`);
  /** By row; −1 for a code that is rare, new or missing. */
  const codeOf = Int16Array.from(texts, (text) => number.get(text ?? '') ?? -1);
  const at = (what: string, place: number): ReadColumn => ({
    name: `${name}: ${what}`,
    texts: sessions.map((rows) => texts[rows.at(place) ?? -1] ?? null),
  });
  const changes = (rows: readonly number[]) =>
    rows.filter((row, place) => place > 0 && texts[row] !== texts[rows[place - 1] as number])
      .length;
  const ofCode = (
    what: string,
    value: (rows: readonly number[], code: number) => number,
  ): readonly ReadColumn[] =>
    codes.map((text, code) =>
      numbers(`${name} ${text}: ${what}`, sessions, (rows) => value(rows, code)),
    );
  return [
    numbers(`${name}: different`, sessions, (rows) => new Set(rows.map((row) => texts[row])).size),
    numbers(`${name}: changes`, sessions, changes),
    ...Array.from({ length: FIRST_PLACES }, (_, place) => at(`row ${place + 1}`, place)),
    ...Array.from({ length: LAST_PLACES }, (_, place) => at(`row −${place + 1}`, -place - 1)),
    ...ofCode('rows', (rows, code) => rows.filter((row) => codeOf[row] === code).length),
    ...ofCode('rows since', (rows, code) => {
      const last = rows.findLastIndex((row) => codeOf[row] === code);
      return last < 0 ? Number.NaN : rows.length - last;
    }),
    ...clocks.flatMap((clock) =>
      ofCode(clock.name, (rows, code) =>
        timeAt(rows, clock.numbers, (row) => codeOf[row] === code),
      ),
    ),
    ...(transitions ? transitionColumns(name, codes, codeOf, sessions) : []),
  ];
}

/** From each of the rows to the next row of the session. */
function timeAt(
  rows: readonly number[],
  clock: Float32Array,
  counts: (row: number) => boolean,
): number {
  return rows.reduce((sum, row, place) => {
    const next = rows[place + 1];
    return next === undefined || !counts(row)
      ? sum
      : sum + (clock[next] as number) - (clock[row] as number);
  }, 0);
}

function transitionColumns(
  name: string,
  codes: readonly string[],
  codeOf: Int16Array,
  sessions: SessionRows,
): readonly ReadColumn[] {
  return codes.flatMap((from, a) =>
    codes.map((to, b) =>
      numbers(
        `${name}: ${from} → ${to}`,
        sessions,
        (rows) =>
          rows.filter(
            (row, place) =>
              place > 0 && codeOf[row] === b && codeOf[rows[place - 1] as number] === a,
          ).length,
      ),
    ),
  );
}

/**
 * The rows of each session, sessions in the order of first appearance; a row without a session is
 * one by itself.
 */
export function sessionRows(names: readonly (string | null)[]): SessionRows {
  const sessions = new Map<string | number, number[]>();
  for (const [row, name] of names.entries()) {
    const rows = sessions.get(name || row);
    if (rows) rows.push(row);
    else sessions.set(name || row, [row]);
  }
  return [...sessions.values()];
}
