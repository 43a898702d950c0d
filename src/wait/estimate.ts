/** How far a job had come at some time. */
export interface Progress {
  /** In milliseconds since the epoch. */
  readonly atMs: number;
  /** More than 0, less than 1. */
  readonly share: number;
}

/**
 * The share of its work that a job has done, by what the provider says of its progress: a percentage (`45 %`, `45`),
 * a share (`0.45`) or counts (`9 of 20`, `9/20`); undefined where that says none, or all: then nobody knows the rest.
 */
export function parseShare(progress: string): number | undefined {
  const [, done, all, sign] =
    /^(\d+(?:\.\d+)?)(?:\s*(?:of|\/)\s*(\d+)\b.*|\s*(%))?$/.exec(progress.trim()) ?? [];
  const number = Number(done);
  const isPercentage = sign !== undefined || number > 1;
  const whole = all === undefined ? (isPercentage ? 100 : 1) : Number(all);
  const share = number / whole;
  return share > 0 && share < 1 ? share : undefined;
}

/**
 * When a job will be done if it goes on as it did between two looks at it, in milliseconds since the epoch;
 * undefined where it came no further.
 */
export function estimateEndMs(earlier: Progress, later: Progress): number | undefined {
  const gained = later.share - earlier.share;
  if (gained <= 0) return undefined;
  return later.atMs + ((1 - later.share) / gained) * (later.atMs - earlier.atMs);
}
