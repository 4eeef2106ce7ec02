import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { register } from '../../cli/simulate.ts';
import { readEvents } from '../../local/read-events.ts';
import { admit } from '../../shared/domain/door-event.ts';
import { Usage } from '../../shared/errors.ts';

let folder: string;
let printed: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulate-'));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function simulate(...flags: string[]): void {
  const program = new Command();
  register(program);
  program.parse(['simulate', '--visitors', '200', '--days', '3', ...flags], { from: 'user' });
}

test('writes what the canonical reader reads, a line of truth for each event', async () => {
  const out = join(folder, 'events.jsonl.gz');
  const truth = join(folder, 'truth.csv');
  simulate('--out', out, '--truth', truth, '--json');
  const summary = JSON.parse(printed);

  const ids: string[] = [];
  const source = await readEvents('canonical', [out]);
  for await (const row of source.rows) {
    if ('fault' in row) throw new Error(row.fault.message);
    ids.push(String(row.event.event_id));
    const { received_at, ...event } = row.event;
    expect(event['event_timestamp']).toBe(received_at);
    expect(admit(event)).toHaveProperty('admitted');
  }
  expect(ids.length).toBe(summary.events);
  expect(summary.orders).toBeGreaterThan(0);

  const [header, ...truths] = readFileSync(truth, 'utf8').trimEnd().split('\n');
  expect(header).toBe('event_id,visitor,session,purchase_probability,intent_probability,intent');
  expect(truths.map((line) => line.split(',')[0])).toEqual(ids);
  for (const line of truths) {
    const probability = Number(line.split(',')[3]);
    expect(probability).toBeGreaterThanOrEqual(0);
    expect(probability).toBeLessThanOrEqual(1);
  }
});

test('compresses the same text, and the same seed gives the same bytes', () => {
  const plain = join(folder, 'a.jsonl');
  const packed = join(folder, 'b.jsonl.gz');
  const again = join(folder, 'c.jsonl.gz');
  simulate('--out', plain);
  simulate('--out', packed);
  simulate('--out', again);
  expect(gunzipSync(readFileSync(packed)).equals(readFileSync(plain))).toBe(true);
  expect(readFileSync(again).equals(readFileSync(packed))).toBe(true);
});

test.each([
  ['--visitors', 'many'],
  ['--visitors', '0'],
  ['--days', '-1'],
  ['--seed', '1.5'],
  ['--pace', '0'],
  ['--start', 'yesterday'],
  ['--drift-after', '3'],
])('refuses %s %s and writes nothing', (flag, value) => {
  expect(() => simulate('--out', join(folder, 'events.jsonl'), flag, value)).toThrow(Usage);
  expect(readdirSync(folder)).toEqual([]);
});
