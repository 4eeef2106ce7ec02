import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { openClock } from '#adapters/clock';
import { openOnlineStore } from '#adapters/online-store';
import { resourceNamed } from '../local/environment.ts';
import { openModels } from '../local/models.ts';
import { hasCartRule } from '../shared/domain/has-cart-rule.ts';
import { gatesTable, interval } from '../shared/domain/model-card.ts';
import { verifyFolder } from '../shared/domain/model-folder.ts';
import { recordPromotion } from '../shared/domain/promotions.ts';
import {
  type ModelStores,
  promoteModel,
  readModel,
  readRouting,
  requirePromotable,
} from '../shared/domain/publish-model.ts';
import { definitionDigests } from '../shared/features/catalogue.ts';
import type { RegistryEntry } from '../shared/ports.ts';
import type { MetricInterval } from '../shared/schemas/model.ts';
import type { Routing } from '../shared/schemas/routing.ts';
import { registerCompare } from './models-compare.ts';
import { registerLineage } from './models-lineage.ts';
import { registerReproduce } from './models-reproduce.ts';

export function register(program: Command): void {
  const models = program.command('models').description('registered versions and which one serves');
  models
    .command('list')
    .description('the versions of a model, the newest first')
    .argument('<name>', 'propensity')
    .option('--json', 'one JSON document')
    .action(list);
  models
    .command('show')
    .description('a version: its status, its gates and its main metrics')
    .argument('<name>', 'propensity')
    .argument('<version>')
    .option('--json', 'its manifest instead')
    .action(show);
  models
    .command('card')
    .description('the model card of a version, in Markdown')
    .argument('<name>', 'propensity')
    .argument('<version>')
    .action(card);
  registerCompare(models);
  registerLineage(models);
  registerReproduce(models);
  models
    .command('promote')
    .description('let a version serve; what served before is kept as previous')
    .argument('<name>', 'propensity')
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
  for (const { version, status, serves_as, auc_weighted, unusable, ...entry } of listed)
    process.stdout.write(
      `${version}  ${(serves_as ?? status).padEnd(10)} ${unusable ?? `AUC ${interval(auc_weighted)}`}  ${entry.registeredAt}${entry.reason === undefined ? '' : `  ${entry.reason}`}\n`,
    );
  if (routing === null)
    process.stdout.write(`none is promoted: the has-cart rule ${hasCartRule().version} serves\n`);
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
): Promise<{ auc_weighted?: MetricInterval | undefined; unusable?: string }> {
  try {
    const { folder } = await readModel(name, version, definitionDigests(), stores);
    return { auc_weighted: verifyFolder(folder).metrics['auc_weighted'] };
  } catch (error) {
    if (!UNUSABLE.has((error as Error).name)) throw error;
    return { unusable: (error as Error).message };
  }
}

const UNUSABLE = new Set(['ModelDigestMismatch', 'ModelNotFound', 'UnusableModel']);

const SHOWN = ['auc_weighted', 'average_precision_weighted', 'ece', 'calibration_slope'];

async function show(
  name: string,
  version: string,
  flags: { readonly json?: boolean },
): Promise<void> {
  const stores = openModels();
  const { entry, folder } = await readModel(name, version, definitionDigests(), stores);
  if (flags.json) {
    process.stdout.write(folder.manifest);
    return;
  }
  const { kind, training, metrics, gates } = verifyFolder(folder);
  const role = roleOf(version, await readRouting(name, onlineStore()));
  process.stdout.write(`${name} ${version}, ${kind}, ${role ?? entry.status}${entry.reason === undefined ? '' : `: ${entry.reason}`}
registered ${entry.registeredAt} by ${entry.registeredBy}
events from ${training.from ?? '–'} to ${training.to ?? '–'}: ${training.rows} rows, ${training.sessions} sessions
${SHOWN.map((metric) => `${metric} ${interval(metrics[metric])}\n`).join('')}${gates.length === 0 ? 'no gates: declared, not trained\n' : `\n${gatesTable(gates)}\n`}`);
}

async function card(name: string, version: string): Promise<void> {
  const { folder } = await readModel(name, version, definitionDigests(), openModels());
  process.stdout.write(folder.card);
}

async function promote(
  name: string,
  version: string,
  flags: { readonly json?: boolean; readonly override?: string },
): Promise<void> {
  const stores = openModels();
  const { entry, model } = await readModel(name, version, definitionDigests(), stores);
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
  const routing = await promoteModel(model, onlineStore());
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(routing)}\n`
      : `${name} ${version} serves within 2 seconds; before it ${routing.previous ?? `the has-cart rule ${hasCartRule().version}`}\n`,
  );
}
