import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import * as cost from '../../cli/cost.ts';
import * as keys from '../../cli/keys.ts';
import * as load from '../../cli/load.ts';
import * as smoke from '../../cli/smoke.ts';

const docs = join(import.meta.dirname, '../../docs');
const program = new Command('foresight');
for (const command of [cost, keys, load, smoke]) command.register(program);

const commands = ['deploy.md', 'costs.md', 'continuous-delivery.md'].flatMap((file) => {
  const text = readFileSync(join(docs, file), 'utf8');
  return [...text.matchAll(/npm run (?:--silent )?foresight -- ([^\n#)|]+)/g)].map(([, words]) => ({
    file,
    words: (words as string).trim(),
  }));
});

test('the documents show commands', () => {
  expect(commands.length).toBeGreaterThan(15);
});

test.each(commands)('$file: $words is a command that exists', ({ words }) => {
  let command = program;
  const rest = words.split(/\s+/);
  for (let next = rest[0]; next !== undefined; next = rest[0]) {
    const found = command.commands.find((one) => one.name() === next);
    if (found === undefined) break;
    command = found;
    rest.shift();
  }
  expect(command.commands, 'names a command, not a group').toEqual([]);
  const known = command.options.map(({ long }) => long);
  for (const flag of rest.filter((word) => word.startsWith('--'))) expect(known).toContain(flag);
  for (const { long, mandatory } of command.options) if (mandatory) expect(rest).toContain(long);
});
