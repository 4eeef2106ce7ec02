import { InvalidRequest } from '../errors.ts';

/**
 * Step Functions takes more names, but not all of them in logs and ARNs.
 * @throws InvalidRequest unless it is 1–80 letters, digits, `-` and `_`
 */
export function checkExecutionName(name: string): void {
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(name))
    throw new InvalidRequest(
      `${JSON.stringify(name)} names no execution: 1–80 letters, digits, - and _ do`,
      'name',
    );
}
