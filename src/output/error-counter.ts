import type { ToLine } from './messages.ts';

/** Most different errors that are counted: a provider may make up a new one in each response. */
const MAX_COUNTED = 1000;

/** Numbers equal errors of one job; where jobs are many, writes the first of a kind and counts the others. */
export function createErrorCounter(isSingle: boolean, toLine: ToLine) {
  const counts = new Map<string, number>();
  return {
    /** The line for an error; undefined where it is only counted. */
    describe(message: string, next: string): string | undefined {
      const line = toLine(message);
      const count = (counts.get(line) ?? 0) + 1;
      if (count > 1 || counts.size < MAX_COUNTED) counts.set(line, count);
      if (!isSingle && count > 1) return undefined;
      return `${line}; ${next}${count > 1 ? ` (${count} times so far)` : ''}`;
    },
    /** A line for each error that came again since the last call. */
    takeCounts(): string[] {
      if (isSingle) return [];
      const again = [...counts].filter(([, count]) => count > 1);
      counts.clear();
      return again.map(([message, count]) => `${count - 1} more of: ${message}`);
    },
  };
}
