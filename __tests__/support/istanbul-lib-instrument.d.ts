/** What the scripts use of istanbul-lib-instrument, which ships no types of its own. */
declare module 'istanbul-lib-instrument' {
  import type { FileCoverageData } from 'istanbul-lib-coverage';

  export function createInstrumenter(options: {
    readonly esModules: boolean;
    readonly parserPlugins?: readonly string[];
  }): {
    /** The code, changed so that it counts in `globalThis.__coverage__` what is reached. */
    instrumentSync(code: string, path: string): string;
    lastFileCoverage(): FileCoverageData;
  };
}
