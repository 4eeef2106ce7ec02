import { mkdtemp } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { openOrderStore } from '../local/orders/order-part.ts';
import { storeOrders } from '../local/orders/order-store.ts';
import { scoreBase } from '../local/orders/score-base.ts';
import { readOrders } from '../local/read-orders.ts';
import { openClvModel, scoreCustomers } from '../shared/domain/clv-model.ts';
import { MOST_TRAINED_CUSTOMERS } from '../shared/domain/clv-sample.ts';
import { trainClv } from '../shared/domain/clv-training.ts';
import { fitBgNbd } from '../shared/math/bg-nbd-fit.ts';
import { groupRepeats } from '../shared/math/bg-nbd-likelihood.ts';
import { seededRandom } from '../shared/math/seeded-random.ts';
import { writeOrderLines } from './clv-orders.ts';
import type { Result, Target } from './report.ts';
import { cpuMicroseconds } from './rounds.ts';
import { sampleOf } from './sample.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

/** The whole size, 1,000,000 with 20 M lines, by `FORESIGHT_BENCH_CUSTOMERS`. */
const CUSTOMERS = Number(process.env['FORESIGHT_BENCH_CUSTOMERS'] ?? 20_000);
const WHOLE = 1_000_000;
const AT = Date.UTC(2025, 11, 31);
const RUN = {
  at: AT,
  horizonDays: 365,
  seed: 1,
  runDate: '2025-12-31',
  codeVersion: 'bench',
  dataDigests: [],
};

/** From a file of order lines to a file of scores, phase by phase. */
export async function run(): Promise<readonly Result[]> {
  return inTemporaryFolder(async (folder) => {
    const path = join(folder, 'orders.parquet');
    const lines = await writeOrderLines(path, CUSTOMERS, 1);
    const results: Result[] = [one('order lines', lines / 1e6, 'million')];
    const timed = async <Value>(name: string, work: () => Promise<Value>): Promise<Value> => {
      const [started, cpu] = [performance.now(), process.cpuUsage()];
      const value = await work();
      const { user, system } = process.cpuUsage(cpu);
      results.push(
        one(name, (performance.now() - started) / 1000, 's'),
        one(`${name}: CPU`, (user + system) / 1e6, 's'),
      );
      return value;
    };
    const started = performance.now();
    const files = { format: 'transactions', paths: [path] } as const;
    const store = await timed('clean and sort on disk', () => storeOrders(files, AT, folder));
    const reader = await openOrderStore(store.file);
    const sample = await timed('read a sample', () => reader.sample(MOST_TRAINED_CUSTOMERS, 1));
    const trained = await timed(`train on ${sample.customers.length} customers`, () =>
      trainClv(
        { ...sample, from: store.from, to: store.to },
        { ...RUN, sampledFrom: store.customers },
      ),
    );
    const model = { version: trained.folder.version, document: trained.document };
    const workers = availableParallelism();
    await timed(`score and write, ${workers} threads`, () =>
      scoreBase(store, model, AT, { folder, path: join(folder, 'scores.csv'), workers }),
    );
    const seconds = (performance.now() - started) / 1000;
    const whole = CUSTOMERS === WHOLE;
    results.push(
      one('file to file', seconds, 's', whole ? { most: 120 } : undefined),
      one(
        'peak memory of the process',
        process.resourceUsage().maxRSS / 1024 / 1024,
        'GB',
        whole ? { most: 4 } : undefined,
      ),
    );

    const part = await reader.part(0, 5000);
    reader.close();
    const opened = openClvModel(model.version, model.document);
    const speeds: number[] = [];
    for (let round = 0; round < 5; round++) {
      const cpu = await cpuMicroseconds(() => {
        scoreCustomers(opened, part, AT, { reasons: 0 });
      });
      speeds.push((part.customers.length / cpu) * 1e6);
    }
    results.push({
      name: 'features and prediction in memory',
      unit: 'customers/s of CPU',
      sample: sampleOf(speeds.slice(1)),
      target: { least: 50_000 },
    });
    results.push(
      one('fit of BG/NBD on 1,000,000 customers', await fitSeconds(), 's of CPU', { most: 10 }),
    );
    if (whole) return results;
    const onePiece = await cpuMicroseconds(async () => {
      const book = await readOrders(`transactions:${path}`, AT, () => {});
      scoreCustomers(opened, book, AT, { reasons: 0 });
    });
    const inParts = await cpuMicroseconds(async () => {
      const place = await mkdtemp(join(folder, 'again-'));
      const again = await storeOrders(files, AT, place);
      await scoreBase(again, model, AT, {
        folder: place,
        path: join(folder, 'again.csv'),
        workers,
      });
    });
    results.push(one('CPU against the one-piece path', inParts / onePiece, '×'));
    return results;
  });
}

/** Histories with repeats as heavy-tailed as a shop's, times to the day. */
async function fitSeconds(): Promise<number> {
  const random = seededRandom(1);
  const [x, tx, T] = [new Float64Array(WHOLE), new Float64Array(WHOLE), new Float64Array(WHOLE)];
  for (let row = 0; row < WHOLE; row++) {
    const days = 1 + Math.floor(random() * 1095);
    const repeats = Math.floor(-Math.log(1 - random()) * 5 * random());
    T[row] = days / 7;
    x[row] = repeats;
    tx[row] = repeats === 0 ? 0 : Math.ceil(random() * days) / 7;
  }
  return (await cpuMicroseconds(() => void fitBgNbd(groupRepeats([...x], [...tx], [...T])))) / 1e6;
}

function one(name: string, value: number, unit: string, target?: Target): Result {
  return { name, unit, sample: sampleOf([value]), ...(target === undefined ? {} : { target }) };
}
