import { InvalidEnvironment } from '../errors.ts';

export interface EnvironmentCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The role's credentials as Lambda hands them to a function: in its environment, read anew. */
export function environmentCredentials(): EnvironmentCredentials {
  const sessionToken = process.env['AWS_SESSION_TOKEN'];
  return {
    accessKeyId: required('AWS_ACCESS_KEY_ID'),
    secretAccessKey: required('AWS_SECRET_ACCESS_KEY'),
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new InvalidEnvironment(`${name} is not set: Lambda sets it to the role's credentials`);
  return value;
}
