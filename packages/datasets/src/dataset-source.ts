import type { DecodeOptions } from './decode-options.ts';

/** CIFAR-10 in its binary format. */
export interface Cifar10Source {
  readonly kind: 'cifar10';
  /** Paths of `.bin` files; their records follow each other in this order. */
  readonly files: readonly string[];
}

/** CIFAR-100 in its binary format. */
export interface Cifar100Source {
  readonly kind: 'cifar100';
  /** Paths of `.bin` files; their records follow each other in this order. */
  readonly files: readonly string[];
  /** Which of the two label bytes counts: 100 fine classes or 20 coarse ones. Default `fine`. */
  readonly labels?: 'fine' | 'coarse';
}

/** A folder of picture files, below it or in one subfolder a class. */
export interface ImageFolderSource {
  readonly kind: 'image-folder';
  /** Path of the folder; searched to any depth. */
  readonly root: string;
  /**
   * `folders`: the first folder below the root names the class. `none`: no labels. `auto`: `folders` where every picture lies
   * in a subfolder, `none` otherwise. Default `auto`.
   */
  readonly classes?: 'auto' | 'folders' | 'none';
  /** What to do about a class folder without a picture: it keeps its label, or opening fails. Default `keep`. */
  readonly emptyClasses?: 'keep' | 'refuse';
  /** Extensions that count as pictures, in any case, with their dot. Default `IMAGE_EXTENSIONS`. */
  readonly extensions?: readonly string[];
  /** Ids (paths relative to the root, with `/`) to leave out, for example those of a former run's bad images. Default none. */
  readonly exclude?: readonly string[];
  /** How pictures are decoded. */
  readonly decode?: DecodeOptions;
  /** Digest of the list of ids; where given, opening fails if the folder's content is another. Filled in by `openDataset`. */
  readonly digest?: string;
}

/** Photos with the annotations of their objects in COCO's JSON format. */
export interface CocoSource {
  readonly kind: 'coco';
  /** Folder of the photos. */
  readonly images: string;
  /** Path of the JSON file, for example `annotations/instances_val2017.json`. */
  readonly annotations: string;
  /** How pictures are decoded. */
  readonly decode?: DecodeOptions;
}

/** Tiny ImageNet in its official layout: `wnids.txt`, `words.txt`, `train`, `val`. */
export interface TinyImagenetSource {
  readonly kind: 'tiny-imagenet';
  readonly root: string;
  /** `test` is the official validation set, whose labels are public. Default `train`. */
  readonly split?: 'train' | 'test';
  /** How pictures are decoded. */
  readonly decode?: DecodeOptions;
}

/** STL-10 in its binary format. */
export interface Stl10Source {
  readonly kind: 'stl10';
  /** Folder of `train_X.bin`, `train_y.bin`, `test_X.bin` … */
  readonly root: string;
  /** `unlabelled` are the 100,000 images without labels. Default `train`. */
  readonly split?: 'train' | 'test' | 'unlabelled';
  /** One of the ten predefined subsets of the training images, 0 to 9, from `fold_indices.txt`. Default all images. */
  readonly fold?: number;
}

/** A folder of Pascal VOC, for example `VOCdevkit/VOC2007`. */
export interface VocSource {
  readonly kind: 'voc';
  readonly root: string;
  /** A file of `ImageSets/Main`, without its extension. Default `trainval`. */
  readonly imageSet?: string;
  /** Class names in the order of the labels. Default the twenty of VOC. */
  readonly classes?: readonly string[];
  /** How pictures are decoded. */
  readonly decode?: DecodeOptions;
}

/** A saliency benchmark: images and masks of the same names in two folders. */
export interface SaliencyFoldersSource {
  readonly kind: 'saliency-folders';
  readonly images: string;
  readonly masks: string;
  /** How pictures are decoded. */
  readonly decode?: DecodeOptions;
}

/** Several data sets as one: the images of the second follow those of the first, and so on. */
export interface ConcatenatedSource {
  readonly kind: 'concatenated';
  readonly sources: readonly DatasetSource[];
}

/** Some images of a data set, in the order given. */
export interface SubsetSource {
  readonly kind: 'subset';
  readonly of: DatasetSource;
  /** Indices into the whole data set. */
  readonly indices: readonly number[];
}

/** A data set made by a module, for example `@ssl-scene/synthetic-scenes`. */
export interface PluginSource {
  readonly kind: 'plugin';
  /** URL of the module (`import.meta.url` in the module itself). */
  readonly module: string;
  /** Name of the module's export that opens the data set: `(options) => ImageDataset | Promise<ImageDataset>`. Default `open`. */
  readonly export?: string;
  /** Plain data for that function. */
  readonly options?: unknown;
}

/** Plain data from which `openDataset` makes a data set, in this thread or another. */
export type DatasetSource =
  | Cifar10Source
  | Cifar100Source
  | ImageFolderSource
  | CocoSource
  | TinyImagenetSource
  | Stl10Source
  | VocSource
  | SaliencyFoldersSource
  | ConcatenatedSource
  | SubsetSource
  | PluginSource;
