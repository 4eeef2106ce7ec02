import { parentPort, workerData } from 'node:worker_threads';
import { CONTROL, takeGroups } from './crew.ts';
import { CONTROL_WORDS } from './memory.ts';
import { type TaskContext, taskBoard } from './task.ts';

/** A thread of a training crew: works on each task as it is posted, until told to stop. */
const context = workerData as TaskContext;
const { memory, layout } = context;
const control = new Int32Array(memory.buffer, layout.control, CONTROL_WORDS);
const board = taskBoard(context);

parentPort?.postMessage('ready');
for (let task = 0; ; ) {
  Atomics.wait(control, CONTROL.task, task);
  task = Atomics.load(control, CONTROL.task);
  if (Atomics.load(control, CONTROL.stop) === 1) break;
  try {
    takeGroups(control, layout.groups.length, board);
  } catch (error) {
    Atomics.store(control, CONTROL.failed, 1);
    throw error;
  } finally {
    Atomics.sub(control, CONTROL.working, 1);
    Atomics.notify(control, CONTROL.working);
  }
}
