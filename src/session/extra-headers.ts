import type { Provider } from '../providers/provider.ts';

/** The provider with headers of the workflow's own, in every request that carries its credentials. */
export function withHeaders(
  provider: Provider,
  headers: Readonly<Record<string, string>>,
): Provider {
  if (Object.keys(headers).length === 0) return provider;
  return {
    ...provider,
    credentials: (token) => {
      const own = provider.credentials(token);
      const names = Object.keys(own).map((name) => name.toLowerCase());
      const further = Object.entries(headers).filter(
        ([name]) => !names.includes(name.toLowerCase()) && name.toLowerCase() !== 'content-type',
      );
      return { ...Object.fromEntries(further), ...own };
    },
  };
}
