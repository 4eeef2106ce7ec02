/** One round of a measurement; answers its figure. */
export type Task = () => number | Promise<number>;

/**
 * Runs each task once a round, one after the other, so that what else the machine does weighs on
 * all alike. The first rounds warm up and do not count.
 * @returns for each task its figure of every round, in the order of the rounds
 */
export async function interleaved<Name extends string>(
  tasks: Readonly<Record<Name, Task>>,
  { warmUp, rounds }: { readonly warmUp: number; readonly rounds: number },
): Promise<Record<Name, number[]>> {
  const names = Object.keys(tasks) as Name[];
  const figures = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    number[]
  >;
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of names) {
      const value = await tasks[name]();
      if (round >= 0) figures[name].push(value);
    }
  }
  return figures;
}

/** CPU time of this process while `work` runs, user and system, in microseconds. */
export async function cpuMicroseconds(work: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
