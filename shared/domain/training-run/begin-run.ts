import { ExecutionConflict, InvalidRequest } from '../../errors.ts';
import type { ObjectStore } from '../../ports.ts';
import { type TrainingRun, trainingRequest } from '../../schemas/training-run.ts';
import { RunFolder } from './run-folder.ts';

/** What is true as a run begins, and is kept with it. */
export interface Beginning {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly codeVersion: string;
  readonly champion: string | null;
}

const PARAMETERS = [
  'model',
  'trainer',
  'trials',
  'window_days',
  'group_users',
  'from',
  'to',
  'seed',
] as const;

/**
 * Names a run after its date and cause, and fixes what it does. Begun again, it is the same run.
 * @throws InvalidRequest; ExecutionConflict where the run was begun with other parameters
 */
export async function beginRun(
  request: unknown,
  { now, codeVersion, champion }: Beginning,
  lake: ObjectStore,
): Promise<TrainingRun> {
  const parsed = trainingRequest.safeParse(request);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? '';
    throw new InvalidRequest(`the run's ${field || 'input'}: ${issue?.message}`, field);
  }
  const { time, cause, ...asked } = parsed.data;
  const date = asked.date ?? (time ?? new Date(now).toISOString()).slice(0, 10);
  const run: TrainingRun = {
    ...parsed.data,
    run_id: ['training', date, ...(cause === undefined ? [] : [cause])].join('-'),
    date,
    why: asked.why ?? (time === undefined ? 'by hand' : 'by its schedule'),
    to: asked.to ?? `${date}T00:00:00.000Z`,
    began_at: new Date(now).toISOString(),
    code_version: codeVersion,
    champion,
  };
  const folder = new RunFolder(lake, run.run_id);
  const begun = await folder.run();
  if (begun === null) {
    await folder.putRun(run);
    return run;
  }
  const other = PARAMETERS.filter((parameter) => begun[parameter] !== run[parameter]);
  if (other.length === 0) return begun;
  const differences = other.map((parameter) => `${parameter} ${begun[parameter]}`);
  throw new ExecutionConflict(
    `${run.run_id} was begun with ${differences.join(', ')}: give the run another cause, or the same parameters`,
  );
}
