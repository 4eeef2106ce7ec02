import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context, KinesisStreamEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { register } from '../../cli/features.ts';
import { handler } from '../../functions/update-features.ts';
import { resourceNamed, useEnvironment } from '../../local/environment.ts';
import { readProjectWiring } from '../../local/project.ts';
import { pseudonymise } from '../../shared/domain/identity.ts';
import { openSecretStore, provisionKeyRing } from '../../shared/embedded/secret-store.ts';
import { Usage } from '../../shared/errors.ts';
import { catalogue } from '../../shared/features/catalogue.ts';
import { enrichedEvent } from '../enriched-event.ts';
import { printedBy } from '../printed-by.ts';

// Read when the logger is imported: the failing record below is meant to fail.
vi.hoisted(() => {
  process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
  process.env['POWERTOOLS_METRICS_DISABLED'] = 'true';
});

const AT = '2026-05-06T12:01:00.000Z';
const folder = mkdtempSync(join(tmpdir(), 'features-'));

/** What the command printed, in this process, and the code that it leaves. */
async function foresight(...words: string[]) {
  try {
    const stdout = await printedBy([register], ['features', ...words]);
    return { stdout, status: process.exitCode ?? 0 };
  } finally {
    process.exitCode = 0;
  }
}

beforeAll(async () => {
  useEnvironment(readProjectWiring('dev'), folder);
  provisionKeyRing(resourceNamed('PSEUDONYM_SECRET'));
  const ring = JSON.parse(await openSecretStore().read(resourceNamed('PSEUDONYM_SECRET')));
  const user_id = pseudonymise(ring, 'anna@example.com');
  const events = [
    enrichedEvent({ product_id: 'p', price: 5, user_id }),
    enrichedEvent({ event_type: 'purchase', product_id: 'p', price: 5, user_id }),
  ];
  const data = [...events.map((event) => JSON.stringify(event)), 'no JSON'];
  const batch = {
    Records: data.map((text, index) => ({
      kinesis: { sequenceNumber: String(100 + index), data: Buffer.from(text).toString('base64') },
    })),
  } as KinesisStreamEvent;
  const answer = await handler(batch, {} as Context);
  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: '102' }] });
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('foresight features show', () => {
  const shown = async (...words: string[]) => {
    const { status, stdout } = await foresight('show', ...words, '--at', AT, '--json');
    const { features, ...rest } = JSON.parse(stdout);
    const values = features.map(({ name, value }: { name: string; value: unknown }) => [
      name,
      value,
    ]);
    return { status, ...rest, values: Object.fromEntries(values) };
  };

  test('a visitor, with its session, its product and its user', async () => {
    expect(await shown('visitor', 'v', '--product', 'p')).toMatchObject({
      status: 0,
      found: true,
      facts: { session: 'v:1778068800', processed: 2, late: 0, duplicate: 0 },
      values: {
        event_count: 2,
        product_views_in_session: 1,
        seconds_since_last_event: 60,
        lifetime_purchase_count: 1,
      },
    });
  });

  test('a user by the id that the shop knows', async () => {
    const user = await shown('user', 'anna@example.com');
    expect(user).toMatchObject({
      status: 0,
      facts: { last_visitor: 'v' },
      values: { total_spend_30d: 5 },
    });
    expect(JSON.stringify(user)).not.toContain('anna');
    expect(user.values).not.toHaveProperty('event_count');
  });

  test('says so of a visitor never seen, and fails', async () => {
    expect(await foresight('show', 'visitor', 'nobody')).toEqual({
      status: 1,
      stdout: 'visitor nobody was never seen, or is forgotten\n',
    });
    const later = await foresight('show', 'visitor', 'v', '--at', '2026-09-01T00:00:00Z');
    expect(later.status).toBe(1);
  });

  test.each([
    [['show', 'shoe', 'v'], /shoe is no entity/],
    [['show', 'visitor', 'v', '--at', 'noon'], /noon is no ISO 8601 time/],
  ])('%j is a usage error', async (words, message) => {
    const refusal = foresight(...words);
    await expect(refusal).rejects.toThrow(Usage);
    await expect(refusal).rejects.toThrow(message);
  });
});

test('foresight features list prints every feature with its digest', async () => {
  const { stdout } = await foresight('list');
  const [heading, ...lines] = stdout.trimEnd().split('\n');
  expect(heading).toMatch(/^feature +view +window/);
  const ends = lines.map((line) => line.split(/ +/)).map((cells) => [cells[0], cells.at(-1)]);
  expect(ends).toEqual(catalogue().map(({ name, digest }) => [name, digest.slice(0, 12)]));
});
