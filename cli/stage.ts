import type { Command } from 'commander';
import { Usage } from '../shared/errors.ts';

/** Which deployed stage a command is about; the data directory where none is named. */
export interface StageFlags {
  readonly stage?: string;
  readonly region: string;
}

export function stageOptions(command: Command): Command {
  return command
    .option('--stage <name>', 'of the stack foresight-<name>, with your AWS credentials')
    .option('--region <name>', 'where that stack is', process.env['AWS_REGION'] ?? 'us-east-1');
}

/**
 * What the stack of a stage calls its resources, by its outputs; adapters opened afterwards speak
 * to its region.
 * @throws Usage for an output that it does not have
 */
export async function stackNames(
  stage: string,
  region: string,
): Promise<(output: string) => string> {
  process.env['AWS_REGION'] = region;
  const { stackOutputs } = await import('../shared/aws/stack-outputs.ts');
  const stack = `foresight-${stage}`;
  const outputs = await stackOutputs(stack);
  return (output) => {
    const name = outputs.get(output);
    if (name === undefined) throw new Usage(`${stack} in ${region} has no output ${output}`);
    return name;
  };
}
