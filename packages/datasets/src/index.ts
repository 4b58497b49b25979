export { type BadImage, type BadImagePolicy, BadImages } from './bad-images.ts';
export { openCifar } from './cifar.ts';
export { openCoco } from './coco.ts';
export type {
  Cifar10Source,
  Cifar100Source,
  CocoSource,
  ConcatenatedSource,
  DatasetSource,
  ImageFolderSource,
  PluginSource,
  SaliencyFoldersSource,
  Stl10Source,
  SubsetSource,
  TinyImagenetSource,
  VocSource,
} from './dataset-source.ts';
export type { DecodeOptions } from './decode-options.ts';
export { type FindDatasetOptions, findDataset } from './find-dataset.ts';
export type { ImageDataset, ImageSize, LabelledBox, ObjectMask } from './image-dataset.ts';
export { ImageDecoder } from './image-decoder.ts';
export { IMAGE_FAULTS, type ImageFault, isImageFault } from './image-fault.ts';
export { openImageFolder } from './image-folder.ts';
export { detectFormat, IMAGE_EXTENSIONS, type ImageFormat } from './image-format.ts';
export { openDataset } from './open-dataset.ts';
export { openSaliencyFolders } from './saliency-folders.ts';
export { openStl10 } from './stl10.ts';
export { openTinyImagenet } from './tiny-imagenet.ts';
export { openVoc, VOC_CLASSES } from './voc.ts';
