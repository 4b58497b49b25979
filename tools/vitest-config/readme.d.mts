export declare function runReadmeExample(test: string): Promise<{ readonly printed: string; readonly said: string }>;
