import { Command, CommanderError } from 'commander';
import { useEnvironment } from '../local/environment.ts';
import { readProjectWiring } from '../local/project.ts';

/** Each command is a module of this folder that registers it. */
const COMMANDS = {
  start: () => import('./start.ts'),
  import: () => import('./import.ts'),
  replay: () => import('./replay.ts'),
  simulate: () => import('./simulate.ts'),
  features: () => import('./features.ts'),
  data: () => import('./data.ts'),
  train: () => import('./train.ts'),
  clv: () => import('./clv.ts'),
  backtest: () => import('./backtest.ts'),
  trees: () => import('./trees.ts'),
  models: () => import('./models.ts'),
  'bad-rows': () => import('./bad-rows.ts'),
  'dead-letters': () => import('./dead-letters.ts'),
  machines: () => import('./machines.ts'),
  keys: () => import('./keys.ts'),
  smoke: () => import('./smoke.ts'),
  load: () => import('./load.ts'),
  cost: () => import('./cost.ts'),
} as const;

/** These ask an address, or the packaged files: they know no data directory. */
const WITHOUT_DATA: readonly string[] = ['smoke', 'load', 'cost'];
const DATA_DIR = '.foresight';
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Loads the named command alone: `--help` and typing errors need them all, a command only itself. */
async function commandLine(words: readonly string[]): Promise<Command> {
  const program = new Command('foresight')
    .description('Predicts what a shopper will do, and acts on it.')
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride();
  const named = Object.entries(COMMANDS).filter(([name]) => name === words[0]);
  for (const [, load] of named.length > 0 ? named : Object.entries(COMMANDS)) {
    (await load()).register(program);
  }
  for (const command of leavesOf(program)) {
    command.exitOverride();
    const hasData = command.parent !== program || !WITHOUT_DATA.includes(command.name());
    if (hasData && !command.options.some(({ long }) => long === '--data-dir')) {
      command.option('--data-dir <folder>', 'where the platform keeps everything', DATA_DIR);
    }
  }
  return program.hook('preAction', (_program, command) => {
    const dataDir = command.opts()['dataDir'];
    if (dataDir !== undefined) useEnvironment(readProjectWiring('dev'), dataDir);
  });
}

function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

/** One clear line for what was foreseen, the whole trace for what was not. */
function told(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const { name, message, stack } = error as Error;
  const foreseen = !name.endsWith('Error');
  process.stderr.write(`${foreseen ? `foresight: ${message}` : stack}\n`);
  return name === 'Usage' ? EXIT_USAGE : EXIT_FAILED;
}

try {
  const words = process.argv.slice(2);
  await (await commandLine(words)).parseAsync(words, { from: 'user' });
} catch (error) {
  process.exitCode = told(error);
}
