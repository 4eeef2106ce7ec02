import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Calls `send` when each request is due, however long earlier ones take: a slow server is not
 * spared, so what it makes others wait is counted (no coordinated omission).
 *
 * @param send gets the number of the request, from 0, and when it was due, `performance.now()`
 * @returns when the last one has ended
 */
export async function whenDue(
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
  send: (index: number, due: number) => Promise<void>,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const begun = performance.now();
  const last = Math.round(perSecond * seconds);
  for (let index = 0; index < last; ) {
    const due = begun + (index * 1000) / perSecond;
    if (performance.now() < due) {
      await sleep(1);
      continue;
    }
    const sent: Promise<void> = send(index++, due).finally(() => underWay.delete(sent));
    underWay.add(sent);
  }
  await Promise.all(underWay);
}
