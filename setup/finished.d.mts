export declare const MARK: string;
export declare function isFinished(folder: string): Promise<boolean>;
export declare function makeInPlace(folder: string, make: () => Promise<void>): Promise<void>;
export declare function makeAside(folder: string, make: (temporary: string) => Promise<void>, beside?: readonly string[]): Promise<void>;
