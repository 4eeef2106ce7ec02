import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What Lambda sets, with credentials that open nothing. */
Object.assign(process.env, {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
});

type Service =
  | 'CLOUDFORMATION'
  | 'DYNAMODB'
  | 'EVENTBRIDGE'
  | 'FIREHOSE'
  | 'KINESIS'
  | 'S3'
  | 'SAGEMAKER'
  | 'SAGEMAKER_RUNTIME'
  | 'SECRETS_MANAGER'
  | 'SFN'
  | 'SNS'
  | 'SQS';

/** Sends the SDK's calls of a service to this port, by the SDK's own variable. */
export function redirect(service: Service, port: number): void {
  process.env[`AWS_ENDPOINT_URL_${service}`] = `http://127.0.0.1:${port}`;
}

/** Listens on a free port and sends the SDK's calls of a service there. */
export async function redirectTo(service: Service, server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  redirect(service, (server.address() as AddressInfo).port);
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
