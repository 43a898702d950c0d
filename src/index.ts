// First of all: it listens for signals while the rest is still being loaded.
import './process.ts';
import { run } from './main.ts';

void run();
