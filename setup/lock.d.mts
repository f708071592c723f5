export interface Owner {
  readonly pid: number;
  readonly start: string;
  readonly boot: string;
  readonly namespace: string;
  readonly host: string;
  readonly command: string;
  readonly since: string;
}

export interface LockOptions {
  readonly waitSeconds?: number;
  readonly onWait?: () => void;
  readonly signal?: AbortSignal;
}

export interface HeldLock {
  readonly descriptor: number;
  say(owner: Owner): Promise<void>;
  leave(): Promise<void>;
}

export declare function withLock<T>(path: string, body: (descriptor: number) => Promise<T>, options?: LockOptions): Promise<T>;
export declare function takeLock(path: string, options?: LockOptions): Promise<HeldLock>;
export declare function isHeld(path: string): Promise<boolean>;
export declare function ownerOf(path: string): Promise<Owner | null>;
export declare function ownerNow(): Owner;
export declare function surroundings(): Pick<Owner, 'boot' | 'namespace' | 'host'>;
export declare function flock(descriptor: number, seconds: number, signal?: AbortSignal): Promise<boolean>;
