export { type BadImage, type BadImagePolicy, BadImages } from './bad-images.ts';
export { type CheckOptions, checkPictures } from './check-pictures.ts';
export { openCifar } from './cifar.ts';
export { classMask } from './class-mask.ts';
export { openCoco } from './coco.ts';
export { type CocoLayoutOptions, cocoPlusSource, cocoSource } from './coco-layout.ts';
export type {
  Cifar10Source,
  Cifar100Source,
  CocoSource,
  ConcatenatedSource,
  DatasetSource,
  ImageFolderSource,
  ImageListSource,
  ImagenetSource,
  InaturalistSource,
  NumpySource,
  PackedSource,
  ParquetSource,
  Places365Source,
  PluginSource,
  SaliencyFoldersSource,
  Stl10Source,
  SubsetSource,
  TinyImagenetSource,
  VocSource,
  WebdatasetSource,
} from './dataset-source.ts';
export { DECODE_DECISIONS, type DecisionCounts, type DecodeDecision, decisionsFor } from './decode-decisions.ts';
export type { DecodeOptions } from './decode-options.ts';
export { exclusionSection } from './exclusion-list.ts';
export {
  type FetchedDataset,
  type FetchNotice,
  type FetchOptions,
  type FetchProgress,
  fetchDataset,
} from './fetch-dataset.ts';
export { type FindDatasetOptions, findDataset } from './find-dataset.ts';
export type { ImageDataset, ImageSize, LabelledBox, ObjectMask } from './image-dataset.ts';
export { ImageDecoder } from './image-decoder.ts';
export { IMAGE_FAULTS, type ImageFault, isImageFault } from './image-fault.ts';
export { openImageFolder } from './image-folder.ts';
export { detectFormat, IMAGE_EXTENSIONS, type ImageFormat } from './image-format.ts';
export { openImageList } from './image-list.ts';
export { openImagenet } from './imagenet.ts';
export { IMAGENET_100, IMAGENET_200 } from './imagenet-subsets.ts';
export { openInaturalist } from './inaturalist.ts';
export { type JpegHeader, readJpegHeader } from './jpeg-header.ts';
export { openNumpy } from './numpy-dataset.ts';
export { openDataset } from './open-dataset.ts';
export { type Orientation, readOrientation } from './orientation.ts';
export { openPacked, type PackedDataset } from './packed-dataset.ts';
export {
  encodePackedHead,
  encodePackedIndex,
  PACKED_ALIGNMENT,
  PACKED_HEAD_BYTES,
  type PackedEntry,
  type PackedFacts,
  type PackedFault,
  type PackedRule,
} from './packed-format.ts';
export { openParquet } from './parquet-dataset.ts';
export { type HeaderFacts, type PictureFacts, type PictureMode, readPictureFacts } from './picture-facts.ts';
export {
  type ExclusionOptions,
  exclusionList,
  type PictureGroup,
  type PictureReport,
  type SizeSummary,
} from './picture-report.ts';
export { openPlaces365 } from './places365.ts';
export { PUBLIC_DATASETS, type PublicDataset, type PublicFile } from './public-datasets.ts';
export { openSaliencyFolders } from './saliency-folders.ts';
export { writeShardIndex } from './shard-index.ts';
export { openStl10 } from './stl10.ts';
export { openTinyImagenet } from './tiny-imagenet.ts';
export { openVoc, VOC_CLASSES } from './voc.ts';
export { openWebdataset } from './webdataset.ts';
