import { Worker } from 'node:worker_threads';
import { CONTROL_WORDS } from './memory.ts';
import type { TaskBoard, TaskContext } from './task.ts';

/** Words of the control block, int32. */
export const CONTROL = { task: 0, group: 1, working: 2, stop: 3, failed: 4 } as const;

/** The threads that share a task's groups of columns; the caller's is one of them. */
export interface Crew {
  /** Returns when every group of the posted task is done. */
  readonly run: () => void;
  readonly close: () => Promise<void>;
}

export async function openCrew(
  context: TaskContext,
  board: TaskBoard,
  threads: number,
): Promise<Crew> {
  const { memory, layout } = context;
  const control = new Int32Array(memory.buffer, layout.control, CONTROL_WORDS);
  const workers = await Promise.all(
    Array.from({ length: Math.min(threads, layout.groups.length) - 1 }, () => startWorker(context)),
  );
  const groups = layout.groups.length;

  function run(): void {
    if (workers.length === 0) {
      for (let group = 0; group < groups; group++) board.doGroup(group);
      return;
    }
    Atomics.store(control, CONTROL.group, 0);
    Atomics.store(control, CONTROL.working, workers.length);
    Atomics.add(control, CONTROL.task, 1);
    Atomics.notify(control, CONTROL.task);
    takeGroups(control, groups, board);
    for (;;) {
      const working = Atomics.load(control, CONTROL.working);
      if (working === 0) break;
      Atomics.wait(control, CONTROL.working, working);
    }
    if (Atomics.load(control, CONTROL.failed) === 1) throw new Error('a training thread failed');
  }

  async function close(): Promise<void> {
    Atomics.store(control, CONTROL.stop, 1);
    Atomics.add(control, CONTROL.task, 1);
    Atomics.notify(control, CONTROL.task);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  return { run, close };
}

/** Works on groups of the current task until none is left to take. */
export function takeGroups(control: Int32Array, groups: number, board: TaskBoard): void {
  for (;;) {
    const group = Atomics.add(control, CONTROL.group, 1);
    if (group >= groups) return;
    board.doGroup(group);
  }
}

/** Resolves when the worker waits for its first task. */
async function startWorker(context: TaskContext): Promise<Worker> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: context });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return worker;
}
