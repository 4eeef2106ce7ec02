import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { resourceNamed } from '../local/environment.ts';
import { type FoundBadRow, findBadRows } from '../local/find-bad-rows.ts';
import { replayBadRows } from '../shared/domain/bad-rows.ts';
import { Usage } from '../shared/errors.ts';
import type { BadRow } from '../shared/schemas/bad-row.ts';
import { openLakeAndStreams } from './lake-and-streams.ts';
import { type StageFlags, stageOptions } from './stage.ts';

export function register(program: Command): void {
  const group = program
    .command('bad-rows')
    .description('events and rows of files that could not be processed, with why');
  stageOptions(group.command('list'))
    .description('how many there are by reason, and the latest')
    .option('--reason <code>', 'only these')
    .option('--limit <n>', 'how many of the latest to name', '20')
    .option('--json', 'one JSON document')
    .action(list);
  stageOptions(group.command('show'))
    .description('one bad row with its payload')
    .argument('<id>')
    .action(show);
  stageOptions(group.command('replay'))
    .description(
      'put the records of bad rows on the stream again, after what was wrong was put right',
    )
    .argument('[ids...]')
    .option('--reason <code>', 'all that were rejected for this reason and not replayed yet')
    .option('--all', 'all that were not replayed yet')
    .option('--json', 'one JSON document')
    .action(replay);
}

async function list(
  flags: StageFlags & { reason?: string; limit: string; json?: boolean },
): Promise<void> {
  const limit = Number(flags.limit);
  if (!Number.isSafeInteger(limit) || limit < 0) {
    throw new Usage(`--limit ${flags.limit} is no number of rows`);
  }
  const reasons = new Map<string, { rows: number; replayed: number }>();
  const latest: FoundBadRow[] = [];
  const { lake } = await openLakeAndStreams(flags);
  for await (const found of findBadRows(lake)) {
    const { reason } = found.row;
    if (flags.reason !== undefined && reason !== flags.reason) continue;
    const count = reasons.get(reason) ?? { rows: 0, replayed: 0 };
    count.rows++;
    if (found.replayed) count.replayed++;
    reasons.set(reason, count);
    latest.push(found);
    if (latest.length > limit) latest.shift();
  }
  const byReason = [...reasons]
    .map(([reason, count]) => ({ reason, ...count }))
    .sort((left, right) => right.rows - left.rows);
  const rows = latest.map(({ row: { payload: _, ...row }, replayed }) => ({ ...row, replayed }));
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ reasons: byReason, rows })}\n`);
    return;
  }
  if (byReason.length === 0) {
    process.stdout.write('there are no bad rows\n');
    return;
  }
  for (const { reason, rows, replayed } of byReason) {
    process.stdout.write(`${String(rows).padStart(8)}  ${reason} (${replayed} replayed)\n`);
  }
  process.stdout.write('\n');
  for (const row of rows) {
    const field = row.field === null ? '' : `${row.field}: `;
    const mark = row.replayed ? ' (replayed)' : '';
    process.stdout.write(`${row.bad_row_id}${mark}\n    ${row.reason}: ${field}${row.message}\n`);
  }
}

async function show(id: string, flags: StageFlags): Promise<void> {
  const { lake } = await openLakeAndStreams(flags);
  for await (const { row, replayed } of findBadRows(lake)) {
    if (row.bad_row_id !== id) continue;
    process.stdout.write(`${JSON.stringify({ ...row, replayed }, null, 2)}\n`);
    return;
  }
  throw new Usage(`there is no bad row ${id}: foresight bad-rows list names them`);
}

async function replay(
  ids: string[],
  flags: StageFlags & { reason?: string; all?: boolean; json?: boolean },
): Promise<void> {
  const ways = [ids.length > 0, flags.reason !== undefined, flags.all === true];
  if (ways.filter(Boolean).length !== 1) throw new Usage('give ids, or --reason, or --all');
  const { lake, streamNamed } = await openLakeAndStreams(flags);
  const wanted = new Set(ids);
  const rows: BadRow[] = [];
  for await (const { row, replayed } of findBadRows(lake)) {
    const isNamed = wanted.delete(row.bad_row_id);
    const isMeant = flags.all || row.reason === flags.reason;
    if (isNamed || (isMeant && !replayed)) rows.push(row);
  }
  const [unknown] = wanted;
  if (unknown !== undefined) throw new Usage(`there is no bad row ${unknown}`);
  const outcome = await replayBadRows(rows, {
    rawEvents: streamNamed(resourceNamed('RAW_STREAM')),
    lake,
    now: Date.now,
    retry: { attempts: 4, baseDelay: 50, random: Math.random, sleep },
  });
  process.stdout.write(flags.json ? `${JSON.stringify(outcome)}\n` : told(outcome));
  if (outcome.failed.length > 0) process.exitCode = 1;
}

function told({
  replayed,
  unreplayable,
  failed,
}: Awaited<ReturnType<typeof replayBadRows>>): string {
  const lines = [`${replayed} put on the stream again: its consumer takes them when it runs`];
  if (unreplayable.length > 0) {
    lines.push(
      `${unreplayable.length} hold no record of the door: put them right where they come from and import them`,
    );
  }
  if (failed.length > 0) lines.push(`${failed.length} were not taken by the stream: try again`);
  return lines.map((line) => `${line}\n`).join('');
}
