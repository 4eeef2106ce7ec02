import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { BENCHMARKS, type BenchmarkName } from './benchmarks.ts';
import { machineLine, thisMachine } from './machine.ts';
import { type Result, tableOf, verdictOf } from './report.ts';

interface Section {
  readonly name: BenchmarkName;
  readonly about: string;
  readonly results: readonly Result[];
}

const names = Object.keys(BENCHMARKS) as BenchmarkName[];
const short = names.filter((name) => !('long' in BENCHMARKS[name]));

function usage(problem: string): never {
  console.error(`${problem}\nusage: npm run bench -- [${names.join('|')}]… [--json FILE]`);
  process.exit(2);
}

function chosen(): { benchmarks: readonly BenchmarkName[]; json: string | undefined } {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { json: { type: 'string' } },
    });
    // `trees` means all of trees-….
    const named = (asked: string) =>
      names.filter((name) => name === asked || name.startsWith(`${asked}-`));
    const unknown = positionals.find((asked) => named(asked).length === 0);
    if (unknown !== undefined) usage(`no benchmark is called ${unknown}`);
    const benchmarks = positionals.length === 0 ? short : positionals.flatMap(named);
    return { benchmarks, json: values.json };
  } catch (error) {
    return usage((error as Error).message);
  }
}

/** In a process of its own: no benchmark meets code or garbage that another one has left. */
function measure(name: BenchmarkName): Promise<readonly Result[]> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'benchmark-process.ts'), [name], {
      execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    });
    let results: readonly Result[] | undefined;
    child.on('message', (message) => {
      results = message as readonly Result[];
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (results !== undefined && code === 0) resolve(results);
      else reject(new Error(`${name} ended with ${code}`));
    });
  });
}

const { benchmarks, json } = chosen();
const startedAt = new Date().toISOString();
const machine = thisMachine();
console.log(machineLine(machine));
const sections: Section[] = [];
const broken: BenchmarkName[] = [];
for (const name of benchmarks) {
  const { about } = BENCHMARKS[name];
  console.log(`\n## ${name}: ${about}\n`);
  try {
    const results = await measure(name);
    console.log(tableOf(results));
    sections.push({ name, about, results });
  } catch (error) {
    console.error((error as Error).message);
    broken.push(name);
  }
}

const verdicts = sections.flatMap(({ results }) => results.map(verdictOf));
const count = (verdict: string) => verdicts.filter((one) => one === verdict).length;
const file =
  json ?? join(import.meta.dirname, 'results', `${startedAt.replace(/[:.]/g, '-')}.json`);
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ startedAt, machine, sections, broken }, null, 2)}\n`);
console.log(
  `\n${count('met')} targets met, ${count('MISSED')} missed, ${count('not measured')} not measured; ${file}`,
);
if (broken.length > 0) {
  console.error(`could not run: ${broken.join(', ')}`);
  process.exitCode = 1;
}
