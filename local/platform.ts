import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { type LogicalClock, openClock, runOnLogicalClock } from '../shared/embedded/clock.ts';
import {
  closeDataDirectory,
  type DataDirectory,
  lockDataDirectory,
  openDataDirectory,
} from '../shared/embedded/data-directory.ts';
import { openDeadLetterQueue } from '../shared/embedded/dead-letter-queue.ts';
import { openObjectStore } from '../shared/embedded/object-store.ts';
import { openOnlineStore } from '../shared/embedded/online-store.ts';
import { openStateMachines } from '../shared/embedded/state-machines.ts';
import { openStreamLog } from '../shared/embedded/stream-log.ts';
import { openCheckpoints } from './checkpoints.ts';
import { type DeliveryWriter, startDelivery } from './delivery.ts';
import { resourceNamed, useEnvironment } from './environment.ts';
import { startEventRule } from './event-rules.ts';
import { type EventSourceMapping, startEventSourceMapping } from './event-source-mapping.ts';
import { type Invoke, loadFunctions } from './functions.ts';
import { type HttpDoor, openHttpDoor } from './http-door.ts';
import { openMachineRunner } from './machines/open-runner.ts';
import type { MachineRunner } from './machines/runner.ts';
import { readProjectWiring } from './project.ts';
import { provision } from './provision.ts';
import { readReplayState } from './replay-state.ts';
import { Schedules, scheduledEvent } from './schedules.ts';
import type { Wiring } from './wiring.ts';

/** A whole running Foresight in this process. */
export interface Platform {
  readonly url: string;
  /** Opens the scopes collect, score and read. */
  readonly apiKey: string;
  readonly dataDir: string;
  readonly wiring: Wiring;
  /** Stands where the replay in the data directory has come; null on the machine's clock. */
  readonly clock: LogicalClock | null;
  /** Resolves when every record on every stream is handled or dead-lettered, and in the lake. */
  drain(): Promise<void>;
  /** Answers what is under way, keeps its progress and lets go of port and data directory. */
  stop(): Promise<void>;
}

/** Answers the paths that are no routes of the API; true where it did. */
export type Pages = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export interface PlatformOptions {
  readonly dataDir: string;
  /** 0: any free one. */
  readonly port: number;
  readonly stage?: string;
  readonly pages?: (platform: Platform) => Pages;
}

const HOUSEKEEPING_MS = 5000;
/** Of EventBridge. */
const DEFAULT_BUS = 'default';

/**
 * Runs everything that serverless.yml wires, in this process and on one data directory.
 * @throws DataDirectoryUnusable, PortInUse, UnsupportedWiring
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { dataDir, port, stage = 'dev', pages } = options;
  const wiring = readProjectWiring(stage);
  useEnvironment(wiring, dataDir);
  const directory = openDataDirectory(dataDir);
  const lock = lockDataDirectory(directory);
  const replay = readReplayState(dataDir);
  const clock = replay === null ? null : runOnLogicalClock(replay.time);
  const started: Started = { mappings: new Map(), deliveries: new Map(), eventRules: [] };
  const release = async () => {
    await stopAll(started);
    await closeDataDirectory(directory);
    lock.release();
    clock?.end();
  };
  try {
    const apiKey = await provision();
    const invoke = await loadFunctions(wiring.functions);
    await startConsumers(wiring, directory, invoke, started);
    const runner = openMachineRunner(wiring, invoke);
    started.runner = runner;
    runner.start();
    started.schedules = new Schedules(wiring.schedules, openClock(), async (schedule, time) => {
      const event = scheduledEvent(schedule, time);
      if ('function' in schedule.target) {
        const name = schedule.target.function;
        await invoke(name, event).catch(complain(name));
      } else {
        const { machine } = schedule.target;
        const name = `schedule-${new Date(time).toISOString().replace(/\W/g, '-')}`;
        await openStateMachines()
          .start(machine, name, JSON.stringify(event))
          .catch(complain(machine));
      }
    });
    started.schedules.start();
    for (const rule of wiring.eventRules)
      started.eventRules.push(
        await startEventRule(rule, {
          directory,
          log: openStreamLog(directory, DEFAULT_BUS),
          checkpoints: openCheckpoints(directory),
          invoke: (event) => invoke(rule.function, event),
          report: complain(rule.function),
          now: () => openClock().now(),
        }),
      );
    started.housekeeping = setInterval(() => {
      keepHouse(directory, started).catch(complain('housekeeping'));
    }, HOUSEKEEPING_MS);
    let answer: Pages = async () => false;
    started.door = await openHttpDoor(port, {
      wiring,
      invoke,
      other: (request, response) => answer(request, response),
      report: complain('a request'),
    });
    const platform: Platform = {
      url: started.door.url,
      apiKey,
      dataDir: directory.path,
      wiring,
      clock,
      drain: () => drain(started),
      stop: release,
    };
    if (pages) answer = pages(platform);
    return platform;
  } catch (error) {
    await release();
    throw error;
  }
}

/** What runs, by the name of its stream or delivery stream. */
interface Started {
  readonly mappings: Map<string, EventSourceMapping[]>;
  readonly deliveries: Map<string, DeliveryWriter[]>;
  readonly eventRules: { stop(): Promise<void> }[];
  schedules?: Schedules;
  runner?: MachineRunner;
  housekeeping?: NodeJS.Timeout;
  door?: HttpDoor;
}

async function startConsumers(
  wiring: Wiring,
  directory: DataDirectory,
  invoke: Invoke,
  { mappings, deliveries }: Started,
): Promise<void> {
  const checkpoints = openCheckpoints(directory);
  const ports = { directory, checkpoints, now: Date.now, sleep };
  for (const mapping of wiring.streamMappings) {
    const started = await startEventSourceMapping(mapping, {
      ...ports,
      log: openStreamLog(directory, mapping.stream),
      deadLetters: openDeadLetterQueue(mapping.deadLetterQueue),
      invoke: (event) => invoke(mapping.function, event),
      report: (error, records) =>
        complain(`${mapping.function} (${records.length} records)`)(error),
    });
    mappings.set(mapping.stream, [...(mappings.get(mapping.stream) ?? []), started]);
  }
  for (const delivery of wiring.deliveries) {
    const source = delivery.stream ?? delivery.name;
    const started = await startDelivery(delivery, {
      ...ports,
      log: openStreamLog(directory, source),
      lake: openObjectStore(delivery.bucket),
      report: complain(delivery.name),
    });
    deliveries.set(source, [...(deliveries.get(source) ?? []), started]);
  }
}

async function drain({ mappings, deliveries }: Started): Promise<void> {
  const all = [...mappings.values()].flat();
  while (all.some((mapping) => mapping.pending())) {
    for (const mapping of all) await mapping.idle();
  }
  await Promise.all([...deliveries.values()].flat().map((delivery) => delivery.flush()));
}

/** Forgets records that all consumers have passed, and items that have expired. */
async function keepHouse(directory: DataDirectory, started: Started): Promise<void> {
  const streams = new Set([...started.mappings.keys(), ...started.deliveries.keys()]);
  for (const stream of streams) {
    const mappings = started.mappings.get(stream) ?? [];
    const deliveries = started.deliveries.get(stream) ?? [];
    const passed = [
      ...(await Promise.all(mappings.map((mapping) => mapping.checkpoint()))),
      ...deliveries.map((delivery) => delivery.sealed()),
    ];
    await openStreamLog(directory, stream).trim(Math.min(...passed));
  }
  const online = openOnlineStore(resourceNamed('ONLINE_TABLE'));
  await online.sweep(Math.floor(openClock().now() / 1000));
}

/** From the door inwards, so that nothing new comes in behind what has ended. */
async function stopAll(started: Started): Promise<void> {
  clearInterval(started.housekeeping);
  await started.door?.close();
  await started.schedules?.stop();
  await Promise.all(started.eventRules.map((rule) => rule.stop()));
  await started.runner?.stop();
  const mappings = [...started.mappings.values()].flat();
  await Promise.all(mappings.map((mapping) => mapping.stop()));
  const deliveries = [...started.deliveries.values()].flat();
  await Promise.all(deliveries.map((delivery) => delivery.stop()));
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleepFor(milliseconds, undefined, { signal }).catch(() => undefined); // woken early
}

function complain(what: string): (error: unknown) => void {
  return (error) => {
    const { stack, message } = error as Error;
    process.stderr.write(`${what}: ${stack ?? message}\n`);
  };
}
