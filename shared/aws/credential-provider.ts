import { environmentCredentials } from './environment-credentials.ts';

/**
 * Stands in for `@aws-sdk/credential-provider-node` in Lambda bundles (`custom.esbuild.alias` of
 * serverless.yml): of its chain of files, processes, web identities and instance metadata a
 * function only ever uses the environment. Already expired when answered, so that the SDK asks
 * again for each call instead of keeping the first answer for ever.
 */
export function defaultProvider() {
  return async () => ({ ...environmentCredentials(), expiration: new Date(0) });
}
