export interface Tolerance {
  abs?: number;
  rel?: number;
}
// biome-ignore lint/suspicious/noExplicitAny: golden files are JSON whose shape depends on the function
type Json = any;
export interface GoldenCase {
  id: string;
  function: string;
  args: Json;
  expected: Json;
  tol: Tolerance & Record<string, Json>;
  [extra: string]: Json;
}

export declare function goldenFile(name: string): string | undefined;
export declare function sharedData(name: string): string | undefined;
export declare function loadGolden(topic: string): GoldenCase[] | undefined;
export declare function casesOf(topics: string | readonly string[], functionName: string): GoldenCase[];
export declare function expectClose(got: Json, want: Json, tol?: Tolerance, path?: string): void;
