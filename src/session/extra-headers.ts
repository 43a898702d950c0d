import { mergeHeaders, withoutHeader, type Headers } from '../http/headers.ts';
import type { Provider } from '../providers/provider.ts';

/** The provider with headers of the workflow's own, in every request that carries its credentials. */
export function withHeaders(provider: Provider, headers: Headers): Provider {
  if (Object.keys(headers).length === 0) return provider;
  const further = withoutHeader(headers, 'Content-Type');
  return {
    ...provider,
    credentials: (token) => mergeHeaders(further, provider.credentials(token)),
  };
}
