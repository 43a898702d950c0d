/** What the tests use of oidc-provider, which ships no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  interface Client {
    readonly clientId: string;
  }

  interface AccessToken {
    readonly scope?: string;
    /** When it expires and how long it lasts, in seconds. */
    readonly exp: number;
    readonly expiration: number;
    save(): Promise<string>;
  }

  interface Context {
    readonly oidc: { readonly params: Record<string, string | undefined>; readonly client: Client };
    body: unknown;
  }

  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    readonly ClientCredentials: {
      new (properties: { client: Client; scope?: string | undefined }): AccessToken;
      find(value: string): Promise<AccessToken | undefined>;
    };
    callback(): (request: IncomingMessage, response: ServerResponse) => void;
    registerGrantType(
      name: string,
      handler: (context: Context) => Promise<void>,
      parameters: readonly string[],
    ): void;
  }

  export const errors: {
    readonly CustomOIDCProviderError: new (error: string, description: string) => Error;
  };
}
