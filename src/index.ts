import { run } from './main.ts';
import { endProcess, prepareProcess } from './process.ts';

prepareProcess();
await run();
endProcess();
