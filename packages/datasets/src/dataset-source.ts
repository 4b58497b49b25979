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
  /**
   * Path of the folder, searched to any depth, or of several: their pictures follow one another, ids get the number of their
   * folder in front (`0:cat/a.jpg`), and class folders of the same name are one class.
   */
  readonly root: string | readonly string[];
  /**
   * `folders`: the first folder below the root names the class. `none`: no labels. `auto`: `folders` where every picture lies
   * in a subfolder, `none` otherwise. Default `auto`.
   */
  readonly classes?: 'auto' | 'folders' | 'none';
  /**
   * The class folders that count, in the order of their labels; pictures of others are left out. Default all of them, in
   * code-point order.
   */
  readonly classNames?: readonly string[];
  /**
   * Patterns of the paths below the root that count: `*`, `?`, `[a-z]` within a step of the path, `**` for any number of
   * steps, `{jpg,png}` for alternatives. Default all pictures.
   */
  readonly include?: readonly string[];
  /** What to do about a class folder without a picture: it keeps its label, or opening fails. Default `keep`. */
  readonly emptyClasses?: 'keep' | 'refuse';
  /** Extensions that count as pictures, in any case, with their dot. Default `IMAGE_EXTENSIONS`. */
  readonly extensions?: readonly string[];
  /** Ids (paths relative to the root, with `/`) to leave out, for example those of a former run's bad images. Default none. */
  readonly exclude?: readonly string[];
  /** Text files of ids to leave out, one a line, for example the exclusion list of `checkPictures`. Default none. */
  readonly excludeLists?: readonly string[];
  /** How pictures are decoded. */
  readonly decode?: DecodeOptions;
  /** Digest of the list of ids; where given, opening fails if the folder's content is another. Filled in by `openDataset`. */
  readonly digest?: string;
}

/** Picture files named by text files, one a line, each with a label or not. */
export interface ImageListSource {
  readonly kind: 'image-list';
  /** Paths of the text files; their images follow each other in this order. */
  readonly lists: readonly string[];
  /** Folder from which the paths in the lists start. Default the folder of each list. */
  readonly root?: string;
  /**
   * Whether a line has a label behind its path: after a tab, or as a whole number after a blank. `auto`: where every line has
   * one. Default `auto`.
   */
  readonly labels?: 'auto' | 'none' | 'required';
  /**
   * Names of the classes in the order of the labels. Labels that are words are looked up here. Default: where labels are words
   * the words themselves in code-point order, where they are numbers none.
   */
  readonly classNames?: readonly string[];
  /** Ids (paths as the lists give them) to leave out. Default none. */
  readonly exclude?: readonly string[];
  /** Text files of ids to leave out, one a line. Default none. */
  readonly excludeLists?: readonly string[];
  /** How pictures are decoded. */
  readonly decode?: DecodeOptions;
}

/** ImageNet (ILSVRC 2012) as its archives or Kaggle's `ILSVRC` folder unpack, or in class folders below `train` and `val`. */
export interface ImagenetSource {
  readonly kind: 'imagenet';
  /** The folder that holds `Data/CLS-LOC` (or `ILSVRC/Data/CLS-LOC`), or `train` and `val`. */
  readonly root: string;
  /** Default `train`. */
  readonly split?: 'train' | 'val' | 'test';
  /** The classes that count, by WordNet id; `in-100` and `in-200` are the subsets of the papers. Default all. */
  readonly classes?: 'in-100' | 'in-200' | readonly string[];
  /**
   * Which numbers the chosen classes have: `subset`, their places in `classes`, or `whole`, their places among all classes in
   * the order of their ids. Default `subset`.
   */
  readonly numbering?: 'subset' | 'whole';
  /** Text file of the images that count, one a line (name, or path below the class folders). Default all. */
  readonly imageList?: string;
  /** How pictures are decoded. */
  readonly decode?: DecodeOptions;
}

/** Places365-Standard as its archives unpack, with its file lists. */
export interface Places365Source {
  readonly kind: 'places365';
  /** Folder of the lists (`places365_val.txt` …) and of the image folders (`data_256`, `val_256` …). */
  readonly root: string;
  /** The test images have no labels. Default `train`. */
  readonly split?: 'train' | 'val' | 'test';
  /** How pictures are decoded. */
  readonly decode?: DecodeOptions;
}

/** iNaturalist of 2017 to 2021: one class an image, in a JSON file of COCO's form. */
export interface InaturalistSource {
  readonly kind: 'inaturalist';
  /** Folder from which the file names of the JSON file start. */
  readonly images: string;
  /** Path of the JSON file, for example `train_mini.json`. */
  readonly annotations: string;
  /** What the label names; editions before 2021 have `name` and `supercategory` only. Default `name`, the species. */
  readonly level?: 'name' | 'genus' | 'family' | 'order' | 'class' | 'phylum' | 'kingdom' | 'supercategory';
  /** How pictures are decoded. */
  readonly decode?: DecodeOptions;
}

/** Samples in tar files by WebDataset's convention: files of the same name up to their first dot belong together. */
export interface WebdatasetSource {
  readonly kind: 'webdataset';
  /** Paths of the shards, not compressed; `{000..099}` stands for all numbers of that range. */
  readonly shards: readonly string[];
  /** Extension of the image within a sample, without its dot. Default the first that is a picture's. */
  readonly imageExtension?: string;
  /** Extension of the label: a whole number as text, or JSON where `labelField` is given. Default `cls`. */
  readonly labelExtension?: string;
  /** Where the label is in a JSON file, for example `label`. Default: the file is the number. */
  readonly labelField?: string;
  /** Names of the classes in the order of the labels. Default none. */
  readonly classNames?: readonly string[];
  /** How pictures are decoded. */
  readonly decode?: DecodeOptions;
}

/** Parquet files with a column of pictures, as the Hugging Face Hub stores image data sets. */
export interface ParquetSource {
  readonly kind: 'parquet';
  /** Paths of the files; their rows follow each other in this order. */
  readonly files: readonly string[];
  /** Column of the picture: bytes, or a struct with a field `bytes`. Default the first that is an image by the file's metadata, or `image`, or `img`. */
  readonly imageColumn?: string;
  /** Column of the label, whole numbers. Default the first that is a class label by the file's metadata, or `label`; none where there is neither. */
  readonly labelColumn?: string;
  /** How pictures are decoded. */
  readonly decode?: DecodeOptions;
}

/** Images in a NumPy array: `.npy`, or a member of an `.npz` archive. */
export interface NumpySource {
  readonly kind: 'numpy';
  /** Path of the `.npy` or `.npz` file. */
  readonly images: string;
  /** Name of the array in an `.npz` archive, for example `x_train`. Default its only array of three or four dimensions. */
  readonly imagesKey?: string;
  /** Path of the file of the labels. Default the images' archive where `labelsKey` is given, otherwise none. */
  readonly labels?: string;
  /** Name of the labels in their archive. Default its only array. */
  readonly labelsKey?: string;
  /** Where the colours are in arrays of four dimensions: last or second. Default whichever has 1, 3 or 4 entries. */
  readonly channels?: 'last' | 'first';
  /** The two values that become 0 and 255 in arrays of floating-point numbers; whole numbers of 8 and 16 bits need none. */
  readonly range?: readonly [number, number];
  /** Names of the classes in the order of the labels. Default none. */
  readonly classNames?: readonly string[];
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
  /** A file of `ImageSets/Main` or `ImageSets/Segmentation`, without its extension. Default `trainval`. */
  readonly imageSet?: string;
  /** Which of the two folders of image sets; masks exist for the images of the second. Default `detection`. */
  readonly task?: 'detection' | 'segmentation';
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

/** A file that `packDataset` of `@ssl-scene/views` made: images decoded and limited in size, with their labels and boxes. */
export interface PackedSource {
  readonly kind: 'packed';
  /** Path of the file. */
  readonly file: string;
  /** Digest of the file's index; where given, opening fails if the file is another. Filled in by `openDataset`. */
  readonly digest?: string;
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
  | ImageListSource
  | ImagenetSource
  | Places365Source
  | InaturalistSource
  | WebdatasetSource
  | ParquetSource
  | NumpySource
  | CocoSource
  | TinyImagenetSource
  | Stl10Source
  | VocSource
  | SaliencyFoldersSource
  | PackedSource
  | ConcatenatedSource
  | SubsetSource
  | PluginSource;
