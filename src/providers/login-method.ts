import type { KeyObject } from 'node:crypto';
import type { ProviderSettings } from './provider.ts';

/** A login by something else than a password or a client secret. */
export type LoginMethod = SignedAssertion | TokenExchange;

/** Who asks for a token, where the server wants to know: id, secret, and where they stand. */
export type Client = Pick<ProviderSettings, 'clientId' | 'clientSecret' | 'clientAuthentication'>;

/** A login by a JWT that the step signs itself. */
export interface SignedAssertion {
  readonly kind: 'signed-assertion';
  readonly privateKey: KeyObject;
  /** Algorithm and, where it is given, the id of the key. */
  readonly header: { readonly alg: string; readonly kid?: string };
  readonly claims: Readonly<Record<string, string>>;
  /** Where the JWT is exchanged for a token; empty where the JWT itself is the token. */
  readonly tokenUrl: string;
  readonly scope: string;
  readonly client: Client;
}

/** A login by the OIDC token of the workflow, so that no secret need be stored. */
export interface TokenExchange {
  readonly kind: 'token-exchange';
  /** For whom GitHub issues the OIDC token. */
  readonly oidcAudience: string;
  readonly tokenUrl: string;
  /** For whom the exchanged token is meant, where the server wants to know. */
  readonly audience: string;
  readonly scope: string;
  readonly client: Client;
}

const CURVE_ALGORITHMS: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
  secp256k1: 'ES256K',
};

/**
 * The algorithms that a key can sign a JWT with, the usual one first; none where it signs nothing. See
 * https://www.rfc-editor.org/rfc/rfc7518#section-3.1 and, for EdDSA, rfc8037 and rfc9864.
 */
export function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string[] {
  const pss = ['PS256', 'PS384', 'PS512'];
  switch (asymmetricKeyType) {
    case 'rsa':
      return ['RS256', 'RS384', 'RS512', ...pss];
    case 'rsa-pss':
      return pss;
    case 'ec': {
      const algorithm = CURVE_ALGORITHMS[asymmetricKeyDetails?.namedCurve ?? ''];
      return algorithm === undefined ? [] : [algorithm];
    }
    case 'ed25519':
      return ['EdDSA', 'Ed25519'];
    default:
      return [];
  }
}
