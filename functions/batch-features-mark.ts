import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { openClock } from '#adapters/clock';
import { openObjectStore } from '#adapters/object-store';
import { openOnlineStore } from '#adapters/online-store';
import { unloadedRows } from '../shared/domain/batch-features-run/exported-rows.ts';
import { noteDay } from '../shared/domain/batch-features-run/plan-run.ts';
import { noteLoaded } from '../shared/domain/feature-snapshot.ts';
import { assumedVisibleFrom, markSnapshot } from '../shared/domain/snapshot-mark.ts';
import { keepRows } from '../shared/domain/snapshot-rows.ts';
import { stepHandler } from '../shared/runtime/step-handler.ts';
import { marked } from '../shared/schemas/batch-features-run.ts';

const environment = z.object({ LAKE_BUCKET: z.string(), ONLINE_TABLE: z.string() });

const RETRY = { attempts: 6, baseDelay: 50, random: Math.random, sleep };

/**
 * Notes that a day of silver is whole, or since when a snapshot is visible online; what it tells is
 * kept for training first.
 */
export const handler = stepHandler(environment, marked, (names) => {
  const lake = openObjectStore(names.LAKE_BUCKET);
  const online = openOnlineStore(names.ONLINE_TABLE);
  const clock = openClock();
  return async (mark) => {
    if (mark.of === 'day') return noteDay(lake, mark.day);
    const { of: _, prefix, ...snapshot } = mark;
    await keepRows(lake, snapshot, unloadedRows(lake, snapshot.entity, prefix));
    const isLoaded = mark.source === 'load';
    if (isLoaded) await noteLoaded(snapshot, online, RETRY);
    const valid_from = isLoaded ? clock.now() : assumedVisibleFrom(Date.parse(mark.date));
    return markSnapshot(lake, { ...snapshot, valid_from });
  };
});
