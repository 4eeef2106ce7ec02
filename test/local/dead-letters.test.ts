import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { register } from '../../cli/dead-letters.ts';
import { deadLetterOf } from '../../local/dead-letters.ts';
import { useEnvironment } from '../../local/environment.ts';
import { lambdaContext } from '../../local/lambda-context.ts';
import { type Platform, startPlatform } from '../../local/platform.ts';
import { readProjectWiring } from '../../local/project.ts';
import type { StreamMapping } from '../../local/wiring.ts';
import { openDataDirectory } from '../../shared/embedded/data-directory.ts';
import { openDeadLetterQueue } from '../../shared/embedded/dead-letter-queue.ts';
import { publishedNotices } from '../../shared/embedded/notices.ts';
import { openOnlineStore } from '../../shared/embedded/online-store.ts';
import { openStreamLog } from '../../shared/embedded/stream-log.ts';
import { Usage } from '../../shared/errors.ts';
import { visitorFromItem, visitorKey } from '../../shared/features/item.ts';
import { printedBy } from '../printed-by.ts';

vi.setConfig({ testTimeout: 30_000 }); // runs commands, on a machine that may be busy
vi.spyOn(process.stderr, 'write').mockReturnValue(true); // a notice says itself there

const folder = mkdtempSync(join(tmpdir(), 'foresight-'));
const dataDir = join(folder, 'data');
afterAll(() => rmSync(folder, { recursive: true }));

/** What the command printed, in this process. */
const foresight = (...words: string[]) => printedBy([register], ['dead-letters', ...words]);

/** The same beside the platform, in a process of its own. */
function ownProcess(...words: string[]): string {
  const main = join(import.meta.dirname, '../../cli/main.ts');
  const command = [main, 'dead-letters', ...words, '--data-dir', dataDir];
  return spawnSync(process.execPath, command, { encoding: 'utf8' }).stdout;
}

async function collect({ url, apiKey }: Platform): Promise<void> {
  const event = { event_type: 'product_view', anonymous_id: 'shopper', product_id: 'p1' };
  const response = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': apiKey },
    body: JSON.stringify({ events: [{ ...event, event_id: 'e1' }] }),
  });
  expect(response.status).toBe(202);
}

async function countersOf(visitor: string) {
  const items = await openOnlineStore('OnlineTable').read([visitorKey(visitor)]);
  return visitorFromItem(items.get(visitorKey(visitor)) as never).counters;
}

test('what a consumer gave up on is kept with its records, and once redriven changes nothing twice', async () => {
  const platform = await startPlatform({ dataDir, port: 0 });
  await collect(platform);
  await platform.drain();
  const counters = await countersOf('shopper');
  expect(counters).toMatchObject({ processed: 1, duplicate: 0 });
  const directory = openDataDirectory(dataDir);
  const mapping = platform.wiring.streamMappings.find(
    ({ function: name }) => name === 'update-features',
  ) as StreamMapping;
  const records = openStreamLog(directory, mapping.stream).read(0, 10);
  expect(records).toHaveLength(1);
  const because = {
    condition: 'RetryAttemptsExhausted',
    requestId: 'request-1',
    invocations: 6,
    now: Date.UTC(2026, 10, 21),
  } as const;
  const letter = JSON.stringify(deadLetterOf(mapping, records, because));
  const queue = openDeadLetterQueue(mapping.deadLetterQueue);
  await directory.commit(() => queue.send(letter));

  expect(JSON.parse(await foresight('list', '--json'))).toEqual({
    waiting: 1,
    consumers: [],
    dead_letters: [],
  });
  const { handler } = await import('../../functions/keep-dead-letters.ts');
  await handler({}, lambdaContext('keep-dead-letters', 60));
  expect(queue.size()).toBe(0);
  expect(publishedNotices('MediumNotices')).toMatchObject([
    { severity: 'medium', subject: 'Foresight: update-features gave up on 1 record' },
  ]);

  const { waiting, consumers, dead_letters } = JSON.parse(await foresight('list', '--json'));
  expect(waiting).toBe(0);
  expect(consumers).toEqual([
    { consumer: 'update-features', dead_letters: 1, records: 1, redriven: 0 },
  ]);
  const [{ dead_letter_id: id }] = dead_letters;
  expect(publishedNotices('MediumNotices')[0]?.body).toContain(`dead-letters redrive ${id}`);
  expect(JSON.parse(await foresight('show', id))).toMatchObject({
    dead_letter_id: id,
    message: letter,
    redrives: 0,
    records: [{ partition_key: 'shopper', data: records[0]?.data }],
  });

  const redriven = ownProcess('redrive', id, '--json');
  expect(JSON.parse(redriven)).toEqual({ redriven: 1, records: 1, empty: [], failed: [] });
  await vi.waitFor(() => expect(openStreamLog(directory, mapping.stream).last()).toBe(2));
  await platform.drain();
  expect(await countersOf('shopper')).toEqual(counters);
  expect(await foresight('list')).toMatch(
    /1 {2}update-features \(1 records, 1 redriven\)\n\n.*1 records kept, redriven 1 times/,
  );
  expect(await foresight('redrive', '--all')).toMatch(/^0 records of 0 dead letters/);
  await platform.stop();
});

test.each([
  [['show', 'nothing'], /there is no dead letter nothing/],
  [['redrive'], /give ids, or --consumer, or --all/],
  [['list', '--limit', 'many'], /--limit many is no number/],
])('%j is refused with what to do', async (words, message) => {
  useEnvironment(readProjectWiring('dev'), dataDir);
  const refusal = foresight(...words);
  await expect(refusal).rejects.toThrow(Usage);
  await expect(refusal).rejects.toThrow(message);
});
