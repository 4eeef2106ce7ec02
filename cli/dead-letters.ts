import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { type FoundDeadLetter, findDeadLetters } from '../local/find-dead-letters.ts';
import { readProjectWiring } from '../local/project.ts';
import { redriveDeadLetters } from '../shared/domain/dead-letter-redrive.ts';
import { openDeadLetterQueue } from '../shared/embedded/dead-letter-queue.ts';
import { Usage } from '../shared/errors.ts';
import type { DeadLetter } from '../shared/schemas/dead-letter.ts';
import { openLakeAndStreams } from './lake-and-streams.ts';
import { type StageFlags, stageOptions } from './stage.ts';

export function register(program: Command): void {
  const group = program
    .command('dead-letters')
    .description('records of streams that a consumer gave up on, kept in the lake');
  stageOptions(group.command('list'))
    .description('how many there are by consumer, and the latest')
    .option('--consumer <name>', 'only those of this function')
    .option('--limit <n>', 'how many of the latest to name', '20')
    .option('--json', 'one JSON document')
    .action(list);
  stageOptions(group.command('show'))
    .description('one dead letter with its records')
    .argument('<id>')
    .action(show);
  stageOptions(group.command('redrive'))
    .description('put the records on their stream again, after what was wrong was put right')
    .argument('[ids...]')
    .option('--consumer <name>', 'all of this function that were not redriven yet')
    .option('--all', 'all that were not redriven yet')
    .option('--json', 'one JSON document')
    .action(redrive);
}

async function list(
  flags: StageFlags & { consumer?: string; limit: string; json?: boolean },
): Promise<void> {
  const limit = Number(flags.limit);
  if (!Number.isSafeInteger(limit) || limit < 0) {
    throw new Usage(`--limit ${flags.limit} is no number of dead letters`);
  }
  const consumers = new Map<string, { dead_letters: number; records: number; redriven: number }>();
  const found: FoundDeadLetter[] = [];
  const { lake } = await openLakeAndStreams(flags);
  for await (const one of findDeadLetters(lake)) {
    const { consumer, named } = one.letter;
    if (flags.consumer !== undefined && consumer !== flags.consumer) continue;
    const count = consumers.get(consumer) ?? { dead_letters: 0, records: 0, redriven: 0 };
    count.dead_letters++;
    count.records += named;
    if (one.redrives > 0) count.redriven++;
    consumers.set(consumer, count);
    found.push(one);
  }
  const byConsumer = [...consumers].map(([consumer, count]) => ({ consumer, ...count }));
  const latest = found
    .sort((one, other) => (one.letter.given_up_at < other.letter.given_up_at ? -1 : 1))
    .slice(limit === 0 ? found.length : -limit)
    .map(({ letter: { records, message: _, ...letter }, redrives }) => ({
      ...letter,
      kept: records.length,
      redrives,
    }));
  const waiting = flags.stage === undefined ? waitingInQueues() : null;
  if (flags.json) {
    const answer = { waiting, consumers: byConsumer, dead_letters: latest };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    return;
  }
  if (waiting !== null && waiting > 0) {
    process.stdout.write(
      `${waiting} wait in their queues: a running platform keeps them within a minute\n`,
    );
  }
  if (byConsumer.length === 0) {
    process.stdout.write('there are no dead letters in the lake\n');
    return;
  }
  for (const { consumer, dead_letters, records, redriven } of byConsumer) {
    process.stdout.write(
      `${String(dead_letters).padStart(8)}  ${consumer} (${records} records, ${redriven} redriven)\n`,
    );
  }
  process.stdout.write('\n');
  for (const { dead_letter_id, consumer, given_up_at, condition, ...letter } of latest) {
    const marks = [
      `${letter.kept} records kept`,
      ...(letter.expired ? ['some were forgotten by the stream'] : []),
      ...(letter.redrives > 0 ? [`redriven ${letter.redrives} times`] : []),
    ];
    process.stdout.write(
      `${dead_letter_id}  ${given_up_at}  ${consumer}: ${condition} (${marks.join(', ')})\n`,
    );
  }
}

/** Messages that were not kept yet, so that nobody knows what they name. */
function waitingInQueues(): number {
  const { streamMappings } = readProjectWiring('dev');
  const queues = new Set(streamMappings.map(({ deadLetterQueue }) => deadLetterQueue));
  return [...queues].reduce((sum, queue) => sum + openDeadLetterQueue(queue).size(), 0);
}

async function show(id: string, flags: StageFlags): Promise<void> {
  const { lake } = await openLakeAndStreams(flags);
  for await (const { letter, redrives } of findDeadLetters(lake)) {
    if (letter.dead_letter_id !== id) continue;
    process.stdout.write(`${JSON.stringify({ ...letter, redrives }, null, 2)}\n`);
    return;
  }
  throw new Usage(`there is no dead letter ${id}: foresight dead-letters list names them`);
}

async function redrive(
  ids: string[],
  flags: StageFlags & { consumer?: string; all?: boolean; json?: boolean },
): Promise<void> {
  const ways = [ids.length > 0, flags.consumer !== undefined, flags.all === true];
  if (ways.filter(Boolean).length !== 1) throw new Usage('give ids, or --consumer, or --all');
  const { lake, streamNamed } = await openLakeAndStreams(flags);
  const wanted = new Set(ids);
  const letters: DeadLetter[] = [];
  for await (const { letter, redrives } of findDeadLetters(lake)) {
    const isNamed = wanted.delete(letter.dead_letter_id);
    const isMeant = flags.all || letter.consumer === flags.consumer;
    if (isNamed || (isMeant && redrives === 0)) letters.push(letter);
  }
  const [unknown] = wanted;
  if (unknown !== undefined) throw new Usage(`there is no dead letter ${unknown}`);
  const outcome = await redriveDeadLetters(letters, {
    streamOf: (consumer) => streamNamed(streamReadBy(consumer)),
    lake,
    now: Date.now,
    retry: { attempts: 4, baseDelay: 50, random: Math.random, sleep },
  });
  process.stdout.write(flags.json ? `${JSON.stringify(outcome)}\n` : told(outcome));
  if (outcome.failed.length > 0) process.exitCode = 1;
}

function streamReadBy(consumer: string): string {
  const { streamMappings } = readProjectWiring('dev');
  const mapping = streamMappings.find((one) => one.function === consumer);
  if (mapping === undefined) {
    throw new Usage(`serverless.yml has no function ${consumer} that reads a stream`);
  }
  return mapping.stream;
}

function told(outcome: Awaited<ReturnType<typeof redriveDeadLetters>>): string {
  const { redriven, records, empty, failed } = outcome;
  const lines = [
    `${records} records of ${redriven} dead letters are on their stream again: its consumer takes them when it runs`,
  ];
  if (empty.length > 0) {
    lines.push(
      `${empty.length} hold no record, the stream had forgotten them: look in the lake's bronze`,
    );
  }
  if (failed.length > 0) lines.push(`${failed.length} were not taken by the stream: try again`);
  return lines.map((line) => `${line}\n`).join('');
}
