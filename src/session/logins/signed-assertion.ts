import { constants, randomUUID, sign } from 'node:crypto';
import type { Clock } from '../../domain/clock.ts';
import type { SignedAssertion } from '../../providers/login-method.ts';
import type { Provider, Token } from '../../providers/provider.ts';
import { tokenRequest } from '../../providers/requests.ts';
import { readOAuthToken } from '../../providers/token.ts';

/** How long a JWT is valid: App Store Connect takes up to twenty minutes, Salesforce up to three. */
const LIFETIME_S = 180;

export interface AssertionContext {
  readonly clock: Pick<Clock, 'now'>;
  /** Registers a secret, before anything else is done with it. */
  readonly addSecret: (secret: string) => void;
}

/**
 * Exchanges a signed assertion for a token, https://www.rfc-editor.org/rfc/rfc7523#section-2.1, or gives the
 * assertion itself, as App Store Connect and Snowflake take it.
 */
export function logInByAssertion(
  method: SignedAssertion,
  { clock, addSecret }: AssertionContext,
): NonNullable<Provider['logIn']> {
  const { tokenUrl, scope, client } = method;
  return async (send): Promise<Token> => {
    const assertion = signJwt(method, Math.floor(clock.now() / 1000));
    addSecret(assertion);
    if (tokenUrl === '') return { value: assertion, lifetimeMs: LIFETIME_S * 1000 };
    const grant = {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion,
      ...(scope && { scope }),
    };
    return readOAuthToken(await send(tokenRequest(tokenUrl, grant, client)));
  };
}

/** See https://www.rfc-editor.org/rfc/rfc7519 and, for the algorithms, rfc7518 and rfc8037. */
function signJwt({ privateKey: key, header, claims, tokenUrl }: SignedAssertion, nowS: number) {
  const payload = {
    ...(tokenUrl !== '' && { aud: tokenUrl }),
    iat: nowS,
    exp: nowS + LIFETIME_S,
    jti: randomUUID(),
    ...claims,
  };
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode({ ...header, typ: 'JWT' })}.${encode(payload)}`;
  const hash = header.alg.startsWith('Ed') ? null : `sha${header.alg.slice(2, 5)}`;
  const padding = header.alg.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  const options = { key, dsaEncoding: 'ieee-p1363', ...padding } as const;
  return `${content}.${sign(hash, Buffer.from(content), options).toString('base64url')}`;
}
