import { flolive } from './flolive.ts';
import { http } from './http/http.ts';
import { os1 } from './os1.ts';
import type { ProviderDefinition } from './provider.ts';
import { safetychain } from './safetychain.ts';
import { sei } from './sei.ts';
import { unicommerce } from './unicommerce.ts';

/** Every provider, by the name that the input `provider` takes. */
export const PROVIDERS = {
  safetychain,
  flolive,
  os1,
  sei,
  unicommerce,
  http,
} as const satisfies Record<string, ProviderDefinition>;

export type ProviderName = keyof typeof PROVIDERS;
