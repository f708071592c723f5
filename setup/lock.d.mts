export declare function withLock<T>(name: string, body: (descriptor: number) => Promise<T>, onWait?: () => void): Promise<T>;
