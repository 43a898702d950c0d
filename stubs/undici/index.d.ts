export type ProxyAgent = object;
export declare const ProxyAgent: new (options: never) => ProxyAgent;
