import { PermanentError, TransientError } from '../../domain/errors.ts';
import { limitTime, rejectOnAbort } from '../../http/time-limit.ts';
import type { TokenExchange } from '../../providers/login-method.ts';
import type { Provider } from '../../providers/provider.ts';
import { tokenRequest } from '../../providers/requests.ts';
import { MAX_TOKEN_LENGTH, readOAuthToken } from '../../providers/token.ts';

/** GitHub responds at once; its client would wait for minutes, and repeats by itself what may pass. */
const ID_TOKEN_TIMEOUT_MS = 10_000;

export interface ExchangeContext {
  /** Asks GitHub for the OIDC token, as `core.getIDToken` does. */
  readonly getIdToken: (audience: string) => Promise<string>;
  /** Registers a secret, before anything else is done with it. */
  readonly addSecret: (secret: string) => void;
  /** Is aborted when the step is told to stop. */
  readonly signal: AbortSignal;
}

/**
 * Exchanges the workflow's OIDC token for a token of the provider,
 * https://www.rfc-editor.org/rfc/rfc8693#section-2.1
 */
export function logInByExchange(
  { oidcAudience, tokenUrl, audience, scope, client }: TokenExchange,
  context: ExchangeContext,
): NonNullable<Provider['logIn']> {
  return async (send) => {
    const idToken = await fetchIdToken(oidcAudience, context);
    if (idToken.length > MAX_TOKEN_LENGTH) {
      throw new PermanentError('the OIDC token of GitHub has over 16 KiB', 'bad-response');
    }
    context.addSecret(idToken);
    const grant = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: idToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      ...(audience && { audience }),
      ...(scope && { scope }),
    };
    return readOAuthToken(await send(tokenRequest(tokenUrl, grant, client)));
  };
}

async function fetchIdToken(
  audience: string,
  { getIdToken, signal }: ExchangeContext,
): Promise<string> {
  const late = (time: string) => `GitHub has issued no OIDC token within ${time}`;
  const limit = limitTime(ID_TOKEN_TIMEOUT_MS, late, signal);
  try {
    return await rejectOnAbort(getIdToken(audience), limit.signal);
  } catch (cause) {
    limit.signal.throwIfAborted();
    throw idTokenError(cause as Error);
  } finally {
    limit.clear();
  }
}

/** What `core.getIDToken` throws, as an error that says whether it may pass. */
function idTokenError(cause: Error): Error {
  if (cause.message.includes('env variable')) {
    const text =
      'GitHub offers this job no OIDC token; does it have `permissions: id-token: write`?';
    return new PermanentError(text, 'rejected', { cause });
  }
  const code = /Error Code : (\d+)/.exec(cause.message)?.[1] ?? '';
  const [why = ''] = /(?<=Error Message: ).*/s.exec(cause.message) ?? [];
  const said = [code && `HTTP ${code}`, why || (code ? '' : cause.message)].filter(Boolean);
  const text = `GitHub issues no OIDC token: ${said.join(': ')}`;
  const isRefusal = /^4(?!08|29)/.test(code);
  return isRefusal
    ? new PermanentError(text, 'rejected', { cause })
    : new TransientError(text, 'unreachable', { cause });
}
