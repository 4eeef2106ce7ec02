import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { register as registerData } from '../../cli/data.ts';
import { register as registerImport } from '../../cli/import.ts';
import { register as registerModels } from '../../cli/models.ts';
import { register as registerTrain } from '../../cli/train.ts';
import { useEnvironment } from '../../local/environment.ts';
import { readProjectWiring } from '../../local/project.ts';
import { validationSummary } from '../../shared/domain/validation-report.ts';
import { closeDataDirectory, dataDirectory } from '../../shared/embedded/data-directory.ts';
import { DataHalted, NotEnoughData, UnreadableInput, Usage } from '../../shared/errors.ts';
import type { EnrichedEvent } from '../../shared/schemas/event.ts';
import { shopTraffic } from '../learning/events.ts';
import { printedBy } from '../printed-by.ts';

const folder = mkdtempSync(join(tmpdir(), 'validation-'));
const dataDir = join(folder, 'data');
const bronze = join(dataDir, 'LakeBucket', 'bronze', 'enriched_events');
const accepted = join(dataDir, 'LakeBucket', 'gold', 'validation', 'accepted.json');
const TO = '2026-01-19T12:00:00Z';

/** That the last command asked for. */
let exitCode: typeof process.exitCode;

/** What a command printed, in this process. */
async function foresight(...words: string[]): Promise<string> {
  try {
    return await printedBy([registerImport, registerData, registerTrain, registerModels], words);
  } finally {
    exitCode = process.exitCode;
    process.exitCode = undefined;
  }
}

/** The report of `data validate`, and the exit code it asked for. */
async function validate(...flags: string[]) {
  const report = JSON.parse(await foresight('data', 'validate', '--to', TO, '--json', ...flags));
  const wrong = Object.fromEntries(
    report.findings
      .filter(({ advice }: { advice: unknown }) => advice !== null)
      .map((finding: { name: string }) => [finding.name, finding]),
  );
  return { report, exitCode, wrong };
}

const traffic = shopTraffic(21, 400, 14);
const train = (...flags: string[]) =>
  foresight('train', 'propensity', '--model', 'logistic', '--to', TO, ...flags);
const versions = async () => JSON.parse(await foresight('models', 'list', 'propensity', '--json'));
/** The first file of the lake's nth day. */
function partOf(day: number): string {
  const name = readdirSync(bronze).sort()[day] as string;
  return join(bronze, name, readdirSync(join(bronze, name))[0] as string);
}

beforeAll(async () => {
  useEnvironment(readProjectWiring('dev'), dataDir);
  await expect(foresight('data', 'validate')).rejects.toThrow(NotEnoughData);
  const file = join(folder, 'all.jsonl');
  writeFileSync(file, traffic.map((event) => `${JSON.stringify(event)}\n`).join(''));
  await foresight('import', 'canonical', file);
}, 60_000);
afterAll(async () => {
  await closeDataDirectory(dataDirectory());
  rmSync(folder, { recursive: true });
});

test('good data are accepted by a training that registered, and judge the next ones', async () => {
  const before = await validate();
  expect(before.report).toMatchObject({ verdict: 'pass', accepted_digest: null });
  expect(before.report.profile.events).toBe(traffic.length);
  expect(before.exitCode).toBeUndefined();
  expect(existsSync(accepted)).toBe(false);

  const { version, data_validation } = JSON.parse(await train('--json'));
  expect(data_validation).toMatchObject({ verdict: 'pass', warnings: [] });
  const pointer = JSON.parse(readFileSync(accepted, 'utf8'));
  expect(pointer.report).toBe(data_validation.report);
  const { training } = JSON.parse(
    await foresight('models', 'show', 'propensity', version, '--json'),
  );
  expect(training.data_digests).toEqual([pointer.digest]);

  const after = await validate();
  expect(after.report).toMatchObject({ verdict: 'pass', accepted_digest: pointer.digest });
  const drift = after.report.findings.find(
    ({ name }: { name: string }) => name === 'event_types_as_accepted',
  );
  expect(drift.value).toBe(0);
}, 60_000);

test('a range limits what is judged', async () => {
  const from = traffic[Math.floor(traffic.length / 2)]?.received_at as string;
  const { profile } = (await validate('--from', from)).report;
  expect(profile.events).toBe(traffic.filter(({ received_at }) => received_at >= from).length);
  expect(profile.from).toBe(from);
  await expect(foresight('data', 'validate', '--from', 'soon')).rejects.toThrow(Usage);
});

test('the report is a page of its own, whatever the data hold', async () => {
  const page = join(folder, 'report.html');
  const script = '<script>alert(1)</script>';
  await withLine(0, JSON.stringify({ ...traffic[0], brand: script, [script]: 1 }), async () => {
    await foresight('data', 'validate', '--to', TO, '--report', page);
  });
  const html = readFileSync(page, 'utf8');
  expect(html).toContain('&lt;script&gt;alert(1)');
  expect(html).not.toMatch(/<script|https?:|src=/);
  const absent = join(folder, 'no', 'report.html');
  await expect(foresight('data', 'validate', '--report', absent)).rejects.toThrow(Usage);
});

/** Runs with one more line at the end of a file of a day. */
async function withLine(day: number, line: string, run: () => Promise<void>): Promise<void> {
  const part = partOf(day);
  const whole = readFileSync(part);
  appendFileSync(part, `${line}\n`);
  try {
    await run();
  } finally {
    writeFileSync(part, whole);
  }
}

describe('bad data halt, name the cause and leave everything as it was', () => {
  let files: ReadonlyMap<string, Buffer>;
  let before: { readonly listed: unknown; readonly pointer: string };
  beforeEach(async () => {
    files = new Map(
      readdirSync(bronze).flatMap((_, day) => [[partOf(day), readFileSync(partOf(day))] as const]),
    );
    before = { listed: await versions(), pointer: readFileSync(accepted, 'utf8') };
  });
  afterEach(() => {
    for (const [path, content] of files) writeFileSync(path, content);
    rmSync(join(dataDir, 'LakeBucket', 'expectations.json'), { force: true });
  });

  /** Rewrites every event of the lake. */
  function rewrite(change: (event: EnrichedEvent, index: number) => unknown): void {
    let index = 0;
    for (const [path, content] of files) {
      const lines = content.toString().trimEnd().split('\n');
      const changed = lines.map((line) => JSON.stringify(change(JSON.parse(line), index++)));
      writeFileSync(path, `${changed.join('\n')}\n`);
    }
  }

  test.each<[string, () => void, string, RegExp]>([
    [
      'a line that is no JSON',
      () => appendFileSync(partOf(3), '{"event_id":\n'),
      'readable',
      /dt=2026-01-08.*jsonl:\d+/,
    ],
    [
      'a damaged gzip file',
      () => {
        const packed = gzipSync(readFileSync(partOf(3)));
        writeFileSync(partOf(3), packed.subarray(0, packed.length / 2));
      },
      'readable',
      /dt=2026-01-08/,
    ],
    [
      'bytes that are no text',
      () => writeFileSync(partOf(3), Buffer.from([0xff, 0xfe, 0x00, 0x80])),
      'readable',
      /dt=2026-01-08/,
    ],
    ['a missing day', () => rmSync(partOf(3)), 'no_missing_day', /2026-01-08/],
    [
      'a renamed column',
      () => rewrite(({ price, ...rest }) => ({ ...rest, unit_price: price })),
      'fields',
      /unit_price/,
    ],
    [
      'an 80 % null explosion',
      () => rewrite((event, index) => (index % 5 > 0 ? { ...event, price: null } : event)),
      'prices_present',
      /price is null/,
    ],
    [
      'a price of 999,999,999',
      () => rewrite((event, index) => (index === 50 ? { ...event, price: 999_999_999 } : event)),
      'price_plausible',
      /999999999/,
    ],
    [
      'one class only',
      () =>
        rewrite((event) =>
          event.event_type === 'purchase' ? { ...event, event_type: 'page_view' } : event,
        ),
      'purchases',
      /0 of \d+ events/,
    ],
    ['12 rows', () => rewriteTo(12), 'enough_events', /12 events/],
  ])('%s', async (_, plant, name, cause) => {
    plant();
    const { report, exitCode, wrong } = await validate();
    expect(report.verdict).toBe('halt');
    expect(exitCode).toBe(1);
    expect(wrong[name]).toMatchObject({ verdict: 'halt' });
    const { detail, examples } = wrong[name] as { detail: string; examples: { id: string }[] };
    expect([detail, ...examples.map(({ id }) => id)].join(' ')).toMatch(cause);

    const training = train();
    await expect(training).rejects.toThrow(DataHalted);
    await expect(training).rejects.toThrow(name);
    expect(await versions()).toEqual(before.listed);
    expect(readFileSync(accepted, 'utf8')).toBe(before.pointer);
  });

  /** Leaves the first events of the first day alone. */
  function rewriteTo(count: number): void {
    const [first, ...rest] = [...files];
    const lines = (first?.[1].toString() ?? '').split('\n').slice(0, count);
    writeFileSync(first?.[0] as string, `${lines.join('\n')}\n`);
    for (const [path] of rest) rmSync(path);
  }

  test('what warns is kept in the summary and told', async () => {
    writeFileSync(
      join(dataDir, 'LakeBucket', 'expectations.json'),
      JSON.stringify({ change: { product_categories: { at_most: 0 } } }),
    );
    expect(await train()).toContain(
      'accepted with a warning:\n  product_categories: 1 values of product_category',
    );
    const report = (await validate()).report;
    expect(validationSummary(report, 'digest')).toEqual({
      verdict: 'warn',
      report: 'digest',
      warnings: [{ name: 'product_categories', value: 1, detail: '1 values of product_category' }],
    });
  }, 60_000);

  test('a shop lets through what it knows of', async () => {
    rmSync(partOf(3));
    const known = { change: { no_missing_day: { at_most: 1 } } };
    writeFileSync(join(dataDir, 'LakeBucket', 'expectations.json'), JSON.stringify(known));
    expect((await validate()).wrong).not.toHaveProperty('no_missing_day');
    writeFileSync(join(dataDir, 'LakeBucket', 'expectations.json'), '{"change":{"no_day":{}}}');
    await expect(validate()).rejects.toThrow(/expectations\.json changes no_day/);
  });

  test('an accepted report that was changed is refused by name', async () => {
    const { digest, report } = JSON.parse(before.pointer);
    const file = join(accepted, '..', `data=${digest}`, `${report}.json`);
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, whole.replace('"verdict":"pass"', '"verdict":"warn"'));
    await expect(validate()).rejects.toThrow(UnreadableInput);
    await expect(train()).rejects.toThrow(/accepted\.json/);
    writeFileSync(file, whole);
  });
});
