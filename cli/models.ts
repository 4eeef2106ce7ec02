import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { openOnlineStore } from '#adapters/online-store';
import { resourceNamed } from '../local/environment.ts';
import { openModels } from '../local/models.ts';
import { readClvModel } from '../shared/domain/clv-model.ts';
import { CLV_MODEL } from '../shared/domain/clv-training.ts';
import { hasCartRule } from '../shared/domain/has-cart-rule.ts';
import { gatesTable, interval } from '../shared/domain/model-card.ts';
import { verifyFolder } from '../shared/domain/model-folder.ts';
import { recordPromotion } from '../shared/domain/promotions.ts';
import {
  type ModelStores,
  promoteModel,
  readFolder,
  readRouting,
  requirePromotable,
} from '../shared/domain/publish-model.ts';
import { openModel } from '../shared/domain/registered-model.ts';
import { definitionDigests } from '../shared/features/catalogue.ts';
import type { RegistryEntry } from '../shared/ports.ts';
import type { Manifest, MetricInterval } from '../shared/schemas/model.ts';
import type { Routing } from '../shared/schemas/routing.ts';
import { registerCompare } from './models-compare.ts';
import { registerHost } from './models-host.ts';
import { registerLineage } from './models-lineage.ts';
import { registerReproduce } from './models-reproduce.ts';

export function register(program: Command): void {
  const models = program.command('models').description('registered versions and which one serves');
  models
    .command('list')
    .description('the versions of a model, the newest first')
    .argument('<name>', 'propensity or clv')
    .option('--json', 'one JSON document')
    .action(list);
  models
    .command('show')
    .description('a version: its status, its gates and its main metrics')
    .argument('<name>', 'propensity or clv')
    .argument('<version>')
    .option('--json', 'its manifest instead')
    .action(show);
  models
    .command('card')
    .description('the model card of a version, in Markdown')
    .argument('<name>', 'propensity or clv')
    .argument('<version>')
    .action(card);
  registerCompare(models);
  registerHost(models);
  registerLineage(models);
  registerReproduce(models);
  models
    .command('promote')
    .description('let a version serve; what served before is kept as previous')
    .argument('<name>', 'propensity or clv')
    .argument('<version>')
    .option('--override <reason>', 'also a version that its gates rejected; kept on record')
    .option('--json', 'print the new routing as JSON')
    .action(promote);
}

const onlineStore = () => openOnlineStore(resourceNamed('ONLINE_TABLE'));

async function list(name: string, flags: { readonly json?: boolean }): Promise<void> {
  const stores = openModels();
  const [entries, routing] = [
    await stores.registry.list(name),
    await readRouting(name, onlineStore()),
  ];
  const listed = await Promise.all(
    entries.map(async (entry) => ({
      ...entry,
      serves_as: roleOf(entry.version, routing),
      ...(await measured(entry, stores)),
    })),
  );
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ routing, versions: listed })}\n`);
    return;
  }
  for (const { version, status, serves_as, auc_weighted, gini, unusable, ...entry } of listed)
    process.stdout.write(
      `${version}  ${(serves_as ?? status).padEnd(10)} ${unusable ?? (gini === undefined ? `AUC ${interval(auc_weighted)}` : `Gini ${interval(gini)}`)}  ${entry.registeredAt}${entry.reason === undefined ? '' : `  ${entry.reason}`}\n`,
    );
  if (routing === null) process.stdout.write(`none is promoted${servesInstead(name)}\n`);
}

/** Read off the routing, never stored. */
function roleOf(version: string, routing: Routing | null): string | null {
  if (routing?.champion === version) return 'champion';
  if (routing?.challenger === version) return 'challenger';
  if (routing?.shadows.includes(version)) return 'shadow';
  return routing?.previous === version ? 'previous' : null;
}

/** A damaged version is listed with what is wrong, so that the others can still be seen. */
async function measured(
  { name, version }: RegistryEntry,
  stores: ModelStores,
): Promise<{ auc_weighted?: MetricInterval; gini?: MetricInterval; unusable?: string }> {
  try {
    const { folder } = await readFolder(name, version, stores);
    const manifest = verifyFolder(folder);
    // What serves sessions must also be opened here: a definition may be gone.
    if (manifest.kind !== 'clv') openModel(folder, definitionDigests());
    const { auc_weighted, gini } = manifest.metrics;
    return { ...(auc_weighted && { auc_weighted }), ...(gini && { gini }) };
  } catch (error) {
    if (!UNUSABLE.has((error as Error).name)) throw error;
    return { unusable: (error as Error).message };
  }
}

const UNUSABLE = new Set(['ModelDigestMismatch', 'ModelNotFound', 'UnusableModel']);

const SHOWN = [
  'auc_weighted',
  'average_precision_weighted',
  'ece',
  'calibration_slope',
  'gini',
  'spearman',
  'mae',
  'total_bias',
];

async function show(
  name: string,
  version: string,
  flags: { readonly json?: boolean },
): Promise<void> {
  const stores = openModels();
  const { entry, folder } = await readFolder(name, version, stores);
  if (flags.json) {
    process.stdout.write(folder.manifest);
    return;
  }
  const { kind, training, metrics, gates } = verifyFolder(folder);
  const role = roleOf(version, await readRouting(name, onlineStore()));
  process.stdout.write(`${name} ${version}, ${kind}, ${role ?? entry.status}${entry.reason === undefined ? '' : `: ${entry.reason}`}
registered ${entry.registeredAt} by ${entry.registeredBy}
${training.customers === undefined ? 'events' : 'orders'} from ${training.from ?? '–'} to ${training.to ?? '–'}: ${training.rows} rows, ${training.customers === undefined ? `${training.sessions} sessions` : `${training.customers} customers`}
${SHOWN.filter((metric) => metrics[metric])
  .map((metric) => `${metric} ${interval(metrics[metric])}\n`)
  .join(
    '',
  )}${gates.length === 0 ? 'no gates: declared, not trained\n' : `\n${gatesTable(gates)}\n`}`);
}

async function card(name: string, version: string): Promise<void> {
  const { folder } = await readFolder(name, version, openModels());
  process.stdout.write(folder.card);
}

async function promote(
  name: string,
  version: string,
  flags: { readonly json?: boolean; readonly override?: string },
): Promise<void> {
  const stores = openModels();
  const { entry, folder } = await readFolder(name, version, stores);
  const { kind } = verifyFolder(folder);
  if (kind === 'clv') readClvModel(folder);
  else openModel(folder, definitionDigests());
  const override = flags.override?.trim() || null;
  requirePromotable(entry, override);
  const serving = await readRouting(name, onlineStore());
  if (serving?.champion !== version)
    await recordPromotion(
      {
        model: name,
        version,
        previous: serving?.champion ?? null,
        by: userInfo().username,
        at: new Date(openClock().now()).toISOString(),
        override,
        objection: entry.status === 'candidate' ? null : `${entry.status}: ${entry.reason ?? ''}`,
      },
      stores.files,
    );
  const routing = await promoteModel({ name, version }, onlineStore());
  process.stdout.write(
    flags.json ? `${JSON.stringify(routing)}\n` : promotedText(name, version, kind, routing),
  );
}

/** A model of sessions has a rule to stand in for it; one of customers' values has none. */
function servesInstead(name: string): string {
  return name === CLV_MODEL ? '' : `: the has-cart rule ${hasCartRule().version} serves`;
}

function promotedText(
  name: string,
  version: string,
  kind: Manifest['kind'],
  { previous }: Routing,
): string {
  return kind === 'clv'
    ? `${name} ${version} scores from the next run of clv-scoring on; before it ${previous ?? 'none'}\n`
    : `${name} ${version} serves within 2 seconds; before it ${previous ?? `the has-cart rule ${hasCartRule().version}`}\n`;
}
