/** Gives the text of an input without blanks around it, or '' where it was left out. */
export type GetInput = (name: string) => string;

/** Reads inputs one by one, and collects what is wrong with them. */
export interface InputReader {
  readonly get: GetInput;
  /** One sentence per problem, beginning with the name of the input. */
  readonly problems: string[];
  /** Reads one input; what `parse` throws is noted under its name, and `otherwise` stands in. */
  readonly read: <T>(name: string, parse: (text: string) => T, otherwise: T) => T;
}

export function createReader(get: GetInput): InputReader {
  const problems: string[] = [];
  return {
    get,
    problems,
    read: (name, parse, otherwise) => {
      try {
        return parse(get(name));
      } catch (error) {
        problems.push(`\`${name}\` ${(error as Error).message}`);
        return otherwise;
      }
    },
  };
}
