/** SHA-256 of the compiler's options and the assembly source. */
export declare function sourceHash(): string;

/** Compiles the assembly source. */
export declare function compileKernels(): Promise<Uint8Array>;
