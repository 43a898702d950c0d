export declare class ProxyAgent {
  constructor(options: never);
}
