import type { FileMetaData } from 'hyparquet';

/** What the Hugging Face Hub writes about the columns into a file's metadata, as far as images and their classes go. */
export interface ImageFeatures {
  /** Columns of pictures, in the file's order. */
  readonly images: readonly string[];
  /** Columns of class labels and the names of their classes. */
  readonly classes: ReadonlyMap<string, readonly string[]>;
}

/** The features told by the metadata; empty where they tell nothing. */
export function imageFeatures({ key_value_metadata: pairs }: FileMetaData): ImageFeatures {
  const text = pairs?.find(({ key }) => key === 'huggingface')?.value;
  const features = Object.entries(featuresIn(text));
  return {
    images: features.filter(([, feature]) => feature._type === 'Image').map(([column]) => column),
    classes: new Map(features.flatMap(([column, feature]) => (isClassLabel(feature) ? [[column, feature.names]] : []))),
  };
}

interface Feature {
  readonly _type?: unknown;
  readonly names?: unknown;
}

function featuresIn(text: string | undefined): Readonly<Record<string, Feature>> {
  try {
    const json = JSON.parse(text ?? '{}') as { info?: { features?: unknown } } | null;
    const features = json?.info?.features;
    const isObject = typeof features === 'object' && features !== null;
    return isObject ? Object.fromEntries(Object.entries(features).map(([key, value]) => [key, value ?? {}])) : {};
  } catch {
    // Other writers may use the key for something else.
    return {};
  }
}

function isClassLabel(feature: Feature): feature is { readonly names: readonly string[] } {
  const { names } = feature;
  return feature._type === 'ClassLabel' && Array.isArray(names) && names.every((name) => typeof name === 'string');
}
