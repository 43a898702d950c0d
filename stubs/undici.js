/** All that @actions/http-client takes from undici, for `getAgentDispatcher` alone. */
export function ProxyAgent() {
  throw new Error(
    'this bundle is built without undici: use HttpClient.getAgent, or take the stub out of tsconfig.json',
  );
}
