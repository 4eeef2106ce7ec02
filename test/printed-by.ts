import { Command } from 'commander';
import { vi } from 'vitest';

/**
 * What a command printed on stdout, in this process: which code it ends with is the business of
 * `cli/main.ts`.
 */
export async function printedBy(
  commands: readonly ((program: Command) => void)[],
  words: readonly string[],
): Promise<string> {
  const program = new Command();
  for (const register of commands) register(program);
  const printed: Buffer[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    printed.push(Buffer.from(chunk as string | Uint8Array));
    return true;
  });
  try {
    await program.parseAsync(words, { from: 'user' });
  } finally {
    write.mockRestore();
  }
  return Buffer.concat(printed).toString();
}
