/** What is looked for while a network trains, besides values that are not finite. */
export interface WatchOptions {
  /**
   * Steps from one look at the backbone's features to the next, each a forward pass of up to 32 images; 0 for never.
   * Default 25.
   */
  readonly everySteps?: number;
  /** Whether some images are looked at before a new run, for copies and images of one colour. Default true. */
  readonly images?: boolean;
}
