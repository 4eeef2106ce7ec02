import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { seededRandom } from '../shared/math/seeded-random.ts';
import type { TrainingData } from '../shared/trees/train.ts';

type Row = Readonly<Record<string, string>>;

/**
 * Normal columns, of which the first five bear on the label: alone, jointly and by their size. None
 * does so jointly only: a greedy learner would find that by chance, and two of them at other times.
 */
export function syntheticRows(rows: number, columnCount: number, seed: number): TrainingData {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const columns = Array.from({ length: columnCount }, () =>
    Float32Array.from({ length: rows }, normal),
  );
  const labels = Float32Array.from({ length: rows }, (_, row) => {
    const [a, b, c, d, e] = columns.slice(0, 5).map((column) => column[row] as number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const logOdds = a + 0.4 * (b + c + b * c) - 0.7 * Math.abs(d) + 0.3 * e;
    return Number(random() < 1 / (1 + Math.exp(-logOdds)));
  });
  return { columns, labels, featureNames: columns.map((_, column) => `f${column}`) };
}

/** Sessions with page counts, durations and codes (UCI); null where ../shared/data is absent. */
export function onlineShoppers(): TrainingData | null {
  const rows = csvRows('online-shoppers-intention/online_shoppers_intention.csv.gz');
  if (rows === null) return null;
  const coded = ['Month', 'VisitorType'];
  const numeric = Object.keys(rows[0] as Row).filter(
    (name) => !coded.includes(name) && name !== 'Revenue',
  );
  const number = (text: string | undefined) =>
    text === 'TRUE' ? 1 : text === 'FALSE' ? 0 : Number(text);
  return {
    columns: [
      ...numeric.map((name) => Float32Array.from(rows, (row) => number(row[name]))),
      ...coded.map((name) => codes(rows.map((row) => row[name] as string))),
    ],
    labels: Float32Array.from(rows, (row) => number(row['Revenue'])),
    featureNames: [...numeric, ...coded],
    categorical: [...numeric.map(() => false), ...coded.map(() => true)],
  };
}

const PAGES = [0, 1, 2, 3, 4, 5, 6];

/** Sessions of a large shop: visits of each page, times, attributes; null where it is absent. */
export function clickstream(): TrainingData | null {
  const sessions = csvRows('clickstream-dmm/sessions.csv.gz');
  const clicks = csvRows('clickstream-dmm/clicks.csv.gz');
  if (sessions === null || clicks === null) return null;
  const attributes = ['s1', 's2', 's3', 's4', 's5'];
  const counted = [
    ...PAGES.map((page) => `clicks of page ${page}`),
    'clicks',
    'seconds',
    'longest gap',
  ];
  const ofSession = new Map(
    sessions.map((session) => [session['session_id'], counted.map(() => 0)]),
  );
  const ends = new Map(sessions.map((session) => [session['session_id'], { first: -1, last: -1 }]));
  const [total, seconds, gap] = [PAGES.length, PAGES.length + 1, PAGES.length + 2];
  for (const click of clicks) {
    const counts = ofSession.get(click['session_id']) as number[];
    const end = ends.get(click['session_id']) as { first: number; last: number };
    const page = Number(click['page']);
    const time = Number(click['seconds']);
    counts[page] = (counts[page] as number) + 1;
    counts[total] = (counts[total] as number) + 1;
    counts[gap] = Math.max(counts[gap] as number, time - (counts[seconds] as number));
    counts[seconds] = time;
    if (end.first < 0) end.first = page;
    end.last = page;
  }
  const places = ['first', 'last'] as const;
  return {
    columns: [
      ...attributes.map((name) => Float32Array.from(sessions, (session) => Number(session[name]))),
      ...counted.map((_, at) =>
        Float32Array.from(sessions, (session) => ofSession.get(session['session_id'])?.[at] ?? 0),
      ),
      ...places.map((place) =>
        Float32Array.from(sessions, (session) => ends.get(session['session_id'])?.[place] ?? 0),
      ),
    ],
    labels: Float32Array.from(sessions, (session) => Number(session['purchase'])),
    featureNames: [...attributes, ...counted, 'first page', 'last page'],
    categorical: [...attributes.map(() => false), ...counted.map(() => false), true, true],
  };
}

/** Three in four rows, drawn by the seed, and the others. */
export function trainAndTest(
  data: TrainingData,
  seed: number,
): { readonly train: TrainingData; readonly test: TrainingData } {
  const random = seededRandom(seed);
  const isTrain = Array.from(data.labels, () => random() < 0.75);
  const part = (wanted: boolean): TrainingData => ({
    ...data,
    columns: data.columns.map((column) => column.filter((_, row) => isTrain[row] === wanted)),
    labels: data.labels.filter((_, row) => isTrain[row] === wanted),
  });
  return { train: part(true), test: part(false) };
}

function codes(texts: readonly string[]): Float32Array {
  const numbers = new Map([...new Set(texts)].sort().map((text, code) => [text, code]));
  return Float32Array.from(texts, (text) => numbers.get(text) as number);
}

function csvRows(file: string): readonly Row[] | null {
  const path = join(import.meta.dirname, '..', '..', 'shared', 'data', file);
  if (!existsSync(path)) return null;
  return parse(gunzipSync(readFileSync(path)), { columns: true });
}
