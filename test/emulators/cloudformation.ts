import { createServer } from 'node:http';
import { afterAll, beforeAll } from 'vitest';
import { close, redirectTo } from './aws-environment.ts';

/**
 * A CloudFormation that knows one stack by its outputs, whatever its name.
 * @returns the names of the stacks that were asked for, as they come in
 */
export function withStack(outputs: Readonly<Record<string, string>>): readonly string[] {
  const asked: string[] = [];
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const name = new URLSearchParams(body).get('StackName') ?? '';
    asked.push(name);
    response
      .writeHead(200, { 'content-type': 'text/xml' })
      .end(`<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
        <StackName>${name}</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>
        <CreationTime>2026-01-01T00:00:00Z</CreationTime><Outputs>${members.join('')}</Outputs>
        </member></Stacks></DescribeStacksResult></DescribeStacksResponse>`);
  });
  beforeAll(() => redirectTo('CLOUDFORMATION', server));
  afterAll(() => close(server));
  return asked;
}
