import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startQueryExecution } from '../../local/machines/athena.ts';
import { closeDataDirectory, dataDirectory } from '../../shared/embedded/data-directory.ts';

beforeEach(() => {
  vi.stubEnv('FORESIGHT_DATA_DIR', mkdtempSync(join(tmpdir(), 'foresight-athena-')));
});
afterEach(async () => {
  const { path } = dataDirectory();
  await closeDataDirectory(dataDirectory());
  rmSync(path, { recursive: true });
  vi.unstubAllEnvs();
});

interface Answer {
  readonly QueryExecution: {
    readonly Status: { readonly State: string };
    readonly ResultConfiguration: { readonly OutputLocation: string };
  };
}

async function ask(QueryString: string, signal = new AbortController().signal): Promise<Answer> {
  return (await startQueryExecution(
    {
      QueryString,
      WorkGroup: 'group',
      QueryExecutionContext: { Database: 'lake' },
      ResultConfiguration: { OutputLocation: 's3://Lake/athena_results/' },
    },
    signal,
  )) as Answer;
}

async function selected(query: string): Promise<string> {
  const { ResultConfiguration } = (await ask(query)).QueryExecution;
  const key = ResultConfiguration.OutputLocation.replace('s3://', '');
  return readFileSync(join(dataDirectory().path, key), 'utf8');
}

const VISITOR = `SELECT 'v' AS visitor, 'u' AS user_id, 's' AS session_id, 1 AS began, 2 AS newest, 3 AS received`;
const visitors = () =>
  selected('SELECT dt, count(*) AS n FROM silver_visitors GROUP BY dt ORDER BY dt');

test('what is inserted is appended, by its place; what is deleted is a day', async () => {
  expect(await visitors()).toBe('"dt","n"\n');
  await ask(`CREATE TABLE IF NOT EXISTS silver_visitors (visitor string)`);
  for (const day of ['2026-05-06', '2026-05-06', '2026-05-07'])
    await ask(`INSERT INTO silver_visitors\n${VISITOR}, '${day}' AS dt`);
  expect(await visitors()).toBe('"dt","n"\n"2026-05-06","2"\n"2026-05-07","1"\n');
  await ask(`DELETE FROM silver_visitors WHERE dt = '2026-05-06'`);
  expect(await visitors()).toBe('"dt","n"\n"2026-05-07","1"\n');
});

test('unloads lines into an empty folder alone', async () => {
  const unload = `UNLOAD (\nSELECT 'p' AS id, CAST(NULL AS DOUBLE) AS price\n) TO 's3://Lake/out/' WITH (format = 'JSON', compression = 'GZIP')`;
  await ask(unload);
  const body = gunzipSync(readFileSync(join(dataDirectory().path, 'Lake/out/0.json.gz')));
  expect(JSON.parse(body.toString('utf8'))).toEqual({ id: 'p', price: null });
  await expect(ask(unload)).rejects.toMatchObject({
    name: 'States.TaskFailed',
    message: expect.stringContaining('HIVE_PATH_ALREADY_EXISTS'),
  });
});

test.each([
  ['DROP TABLE silver_visitors', 'no such statement'],
  ['INSERT INTO bronze\nSELECT 1', 'bronze is no table of the lake'],
  ['SELECT nothing FROM silver_visitors', 'nothing'],
])('%j fails as the service tells it', async (query, told) => {
  const error = await ask(query).catch((caught: Error) => caught);
  expect(error).toMatchObject({ name: 'States.TaskFailed' });
  const { QueryExecution } = JSON.parse((error as Error).message);
  expect(QueryExecution.Status).toMatchObject({ State: 'FAILED' });
  expect(QueryExecution.Status.StateChangeReason).toContain(told);
});

test('a request without a work group is refused as the service refuses it', async () => {
  await expect(
    startQueryExecution({ QueryString: 'SELECT 1' }, new AbortController().signal),
  ).rejects.toMatchObject({ name: 'Athena.InvalidRequestException' });
});

test('a query that runs is interrupted', async () => {
  const abort = new AbortController();
  const long = ask(
    'SELECT sum(a.i * b.i) FROM range(10000000) a(i), range(10000000) b(i)',
    abort.signal,
  );
  setImmediate(() => abort.abort());
  await expect(long).rejects.toMatchObject({ name: 'States.TaskFailed' });
});
