import { PermanentError } from '../domain/errors.ts';
import { cutText, MAX_TEXT_LENGTH, SHORTEST_LENGTH, SHOWN_LENGTH } from '../text/inert.ts';

/** The room for the texts that are kept of the last response about one job. */
export interface TextRoom {
  /** Cuts a text that people read. */
  cut(text: string): string;
  /**
   * Counts texts that are of no use when they are cut.
   *
   * @throws PermanentError where there is no room for them
   */
  keep(texts: readonly string[]): void;
}

/** Most of all texts of all jobs together: thousands of jobs must fit into memory. */
const MAX_KEPT_LENGTH = 32 * 1024 * 1024;

/** How much is kept of a text for people, by how much is kept already: at the end all of it is redacted. */
const STEPS = [
  { upTo: 1_000_000, length: MAX_TEXT_LENGTH },
  { upTo: 3_000_000, length: SHOWN_LENGTH },
];

/** Gives the room of a job at each of its polls, when its texts from the poll before are forgotten. */
export function createTextRooms(): (requestId: string) => TextRoom {
  const lengths = new Map<string, number>();
  let total = 0;
  return (requestId) => {
    const add = (length: number) => {
      lengths.set(requestId, (lengths.get(requestId) ?? 0) + length);
      total += length;
    };
    add(-(lengths.get(requestId) ?? 0));
    return {
      cut(text) {
        const start = cutText(text, keptLength(total));
        add(start.length);
        return start;
      },
      keep(texts) {
        add(texts.join('').length);
        if (total <= MAX_KEPT_LENGTH) return;
        throw new PermanentError('the links of all jobs are too long to be kept', 'bad-response');
      },
    };
  };
}

const keptLength = (total: number): number =>
  STEPS.find(({ upTo }) => total <= upTo)?.length ?? SHORTEST_LENGTH;
