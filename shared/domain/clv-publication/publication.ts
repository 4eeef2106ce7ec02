import { createHash } from 'node:crypto';
import { InvalidPublication, WriteConflict } from '../../errors.ts';
import type { ObjectStore } from '../../ports.ts';
import {
  type ClvPointer,
  type ClvPublication,
  clvPointer,
  clvPublication,
} from '../../schemas/clv.ts';
import { manifestKey, POINTER_KEY, partFilesKey, partTotalsKey } from './publication-keys.ts';
import { requireSane, sanityFindings } from './sanity.ts';
import {
  addTotals,
  NO_SCORES,
  type ScoreTotals,
  scoreTotals,
  VALUE_EDGES,
} from './score-totals.ts';
import type { ScoringPlan } from './scoring-plan.ts';

/** @returns null before anything is published. @throws InvalidPublication */
async function readPointer(lake: ObjectStore): Promise<ClvPointer | null> {
  const bytes = await lake.get(POINTER_KEY);
  if (bytes === null) return null;
  const parsed = clvPointer.safeParse(jsonOf(bytes));
  if (!parsed.success)
    throw new InvalidPublication(`${POINTER_KEY} is no pointer: publish a week again`);
  return parsed.data;
}

/**
 * What is published, checked against the pointer's digest.
 * @returns null before anything is. @throws InvalidPublication
 */
export async function readCurrent(lake: ObjectStore): Promise<ClvPublication | null> {
  const pointer = await readPointer(lake);
  if (pointer === null) return null;
  const bytes = await lake.get(pointer.manifest);
  if (bytes === null || sha256(bytes) !== pointer.sha256)
    throw new InvalidPublication(
      `${pointer.manifest} is ${bytes === null ? 'gone' : 'not the one published'}: bring its version back, or publish a later day`,
    );
  return parsePublication(bytes, pointer.manifest);
}

/** The publication of a day. @returns null where there is none. @throws InvalidPublication */
export async function readPublication(
  asOf: string,
  lake: ObjectStore,
): Promise<ClvPublication | null> {
  const key = manifestKey(asOf);
  const bytes = await lake.get(key);
  return bytes === null ? null : parsePublication(bytes, key);
}

/** Totals over all parts of a run. @throws InvalidPublication where a part is missing */
async function runTotals(
  { run_id, parts }: Pick<ScoringPlan, 'run_id' | 'parts'>,
  lake: ObjectStore,
): Promise<ScoreTotals> {
  let sum = NO_SCORES;
  for (let part = 0; part < parts; part++) {
    const totals = await partDocument(partTotalsKey(run_id, part), lake);
    sum = addTotals(sum, scoreTotals.parse(totals));
  }
  return sum;
}

/** Holds a run's scores against the base and the week before. @throws ScoresHalted */
export async function checkRun(plan: ScoringPlan, lake: ObjectStore) {
  const totals = await runTotals(plan, lake);
  const previous = plan.previous === null ? null : await readPublication(plan.previous.as_of, lake);
  const findings = sanityFindings(totals, {
    previous,
    horizonDays: plan.horizon_days,
    acceptedShift: plan.accepted_shift,
  });
  requireSane(findings);
  return { totals, findings };
}

/**
 * Publishes a run whose files are all written: its manifest, and last, by one put, the pointer. Done
 * again it changes nothing; before the pointer is put, readers see the week before.
 * @throws ScoresHalted, InvalidPublication; WriteConflict where the day is published with other content
 */
export async function commitPublication(
  plan: ScoringPlan,
  lake: ObjectStore,
): Promise<ClvPublication> {
  const { totals, findings } = await checkRun(plan, lake);
  const files: Record<string, string> = {};
  for (let part = 0; part < plan.parts; part++)
    Object.assign(files, await partDocument(partFilesKey(plan.run_id, part), lake));
  const { run_id, as_of, model_version, horizon_days, previous } = plan;
  const publication: ClvPublication = {
    run_id,
    as_of,
    model_version,
    horizon_days,
    previous,
    counts: { customers: totals.customers },
    totals: {
      predicted_value: totals.predicted_value,
      mean_value: totals.predicted_value / totals.customers,
      expected_purchases: totals.expected_purchases,
    },
    tiers: totals.tiers,
    distribution: { edges: [...VALUE_EDGES], customers: totals.bins },
    checks: findings.map(({ check, text }) => ({ check, text })),
    files,
  };
  const key = manifestKey(as_of);
  const bytes = new TextEncoder().encode(`${JSON.stringify(publication, null, 2)}\n`);
  const there = await lake.get(key);
  if (there !== null && sha256(there) !== sha256(bytes))
    throw new WriteConflict(
      `customer values as of ${as_of} are published already, by ${parsePublication(there, key).model_version} and with other content: publish another day`,
    );
  if (there === null) await lake.put(key, bytes);
  const pointer: ClvPointer = { run_id, as_of, manifest: key, sha256: sha256(bytes) };
  await lake.put(POINTER_KEY, new TextEncoder().encode(`${JSON.stringify(pointer)}\n`));
  return publication;
}

async function partDocument(key: string, lake: ObjectStore): Promise<object> {
  const bytes = await lake.get(key);
  const value = bytes === null ? null : jsonOf(bytes);
  if (typeof value !== 'object' || value === null)
    throw new InvalidPublication(`${key} is missing or unreadable: redrive the run`);
  return value;
}

function parsePublication(bytes: Uint8Array, key: string): ClvPublication {
  const parsed = clvPublication.safeParse(jsonOf(bytes));
  if (!parsed.success)
    throw new InvalidPublication(`${key} is no publication: bring its version back`);
  return parsed.data;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // no schema takes that
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
