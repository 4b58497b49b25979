/** A file to fetch. */
export interface PublicFile {
  /** Where it can be had; tried in this order. */
  readonly urls: readonly string[];
  readonly fileName: string;
  readonly bytes: number;
  /** SHA-256, or where only that is known MD5, which tells damage but not deceit. */
  readonly digest: { readonly algorithm: 'sha256' | 'md5'; readonly value: string };
  /** `none`: the file is used as it is. */
  readonly archive: 'tar' | 'tar.gz' | 'zip' | 'none';
}

/** A data set that anybody can fetch. */
export interface PublicDataset {
  readonly title: string;
  /** Where to read about it. */
  readonly homepage: string;
  /** Under which terms it may be used, in a sentence or two. */
  readonly licence: string;
  readonly files: readonly PublicFile[];
  /** Folder below the target that `findDataset` or a reader takes. */
  readonly folder: string;
}

const IMAGENET_TERMS =
  "Photos under ImageNet's terms of access: non-commercial research and education only. The photos belong to their authors.";

/** The data sets that `fetchDataset` knows by name. */
export const PUBLIC_DATASETS: Readonly<Record<string, PublicDataset>> = {
  cifar10: {
    title: 'CIFAR-10 (binary version)',
    homepage: 'https://www.cs.toronto.edu/~kriz/cifar.html',
    licence:
      'No formal licence; published for research by A. Krizhevsky, V. Nair and G. Hinton. Cite "Learning Multiple Layers of Features from Tiny Images" (2009).',
    files: [
      sha256(
        'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
        170_052_171,
        'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
      ),
    ],
    folder: 'cifar-10-batches-bin',
  },
  cifar100: {
    title: 'CIFAR-100 (binary version)',
    homepage: 'https://www.cs.toronto.edu/~kriz/cifar.html',
    licence:
      'No formal licence; published for research by A. Krizhevsky, V. Nair and G. Hinton. Cite "Learning Multiple Layers of Features from Tiny Images" (2009).',
    files: [
      sha256(
        'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
        168_513_733,
        '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
      ),
    ],
    folder: 'cifar-100-binary',
  },
  stl10: {
    title: 'STL-10 (binary version)',
    homepage: 'https://cs.stanford.edu/~acoates/stl10/',
    licence: `No formal licence; published for research by A. Coates, H. Lee and A. Ng (2011). ${IMAGENET_TERMS}`,
    files: [
      sha256(
        'http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz',
        2_640_397_119,
        'f31fd99273a1acb8609c8db427cebb1de3f71de77758cdc0e22956e1289b9866',
      ),
    ],
    folder: 'stl10_binary',
  },
  'tiny-imagenet': {
    title: 'Tiny ImageNet (200 classes, 64 × 64)',
    homepage: 'http://cs231n.stanford.edu',
    licence: IMAGENET_TERMS,
    files: [md5('http://cs231n.stanford.edu/tiny-imagenet-200.zip', 248_100_043, '90528d7ca1a48142e341f4ef8d21d0de')],
    folder: 'tiny-imagenet-200',
  },
  imagenette: {
    title: 'Imagenette v2 (10 easy ImageNet classes, full size)',
    homepage: 'https://github.com/fastai/imagenette',
    licence: `Selection under the Apache License 2.0. ${IMAGENET_TERMS}`,
    files: [
      sha256(
        'https://s3.amazonaws.com/fast-ai-imageclas/imagenette2.tgz',
        1_556_914_727,
        'de32de18a7d8df0114d5e2c3c14cafb9558e8f00441a73aa7953681ad02be49c',
      ),
    ],
    folder: 'imagenette2',
  },
  'imagenette-160': {
    title: 'Imagenette v2 (10 easy ImageNet classes, shorter side 160)',
    homepage: 'https://github.com/fastai/imagenette',
    licence: `Selection under the Apache License 2.0. ${IMAGENET_TERMS}`,
    files: [
      sha256(
        'https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz',
        98_948_031,
        '88daccb09b6fce93f45e6c09ddeb269cce705549e6bff322092a2a5a11489863',
      ),
    ],
    folder: 'imagenette2-160',
  },
  'imagenette-320': {
    title: 'Imagenette v2 (10 easy ImageNet classes, shorter side 320)',
    homepage: 'https://github.com/fastai/imagenette',
    licence: `Selection under the Apache License 2.0. ${IMAGENET_TERMS}`,
    files: [
      sha256(
        'https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-320.tgz',
        341_553_947,
        '5020a9130cea0348272823cb12d2db7e981c6f2afa3dce71ccd5b8013005c55e',
      ),
    ],
    folder: 'imagenette2-320',
  },
  'coco-2017-val': {
    title: 'COCO 2017, validation images and annotations',
    homepage: 'https://cocodataset.org',
    licence:
      'Annotations: COCO Consortium, CC BY 4.0. Photos: Flickr users, each under the Creative Commons licence that the annotation file names.',
    files: [cocoAnnotations(), cocoVal()],
    folder: '.',
  },
  'coco-2017': {
    title: 'COCO 2017, training and validation images and annotations',
    homepage: 'https://cocodataset.org',
    licence:
      'Annotations: COCO Consortium, CC BY 4.0. Photos: Flickr users, each under the Creative Commons licence that the annotation file names.',
    files: [
      cocoAnnotations(),
      cocoVal(),
      sha256(
        'http://images.cocodataset.org/zips/train2017.zip',
        19_336_861_798,
        '69a8bb58ea5f8f99d24875f21416de2e9ded3178e903f1f7603e283b9e06d929',
      ),
    ],
    folder: '.',
  },
  voc2007: {
    title: 'Pascal VOC 2007, all images',
    homepage: 'http://host.robots.ox.ac.uk/pascal/VOC/voc2007/',
    licence:
      'Photos from Flickr under its terms of use; the annotations are published for research. Cite the VOC 2007 challenge.',
    files: [
      voc(
        'voc2007/VOCtrainval_06-Nov-2007.tar',
        460_032_000,
        '7d8cd951101b0957ddfd7a530bdc8a94f06121cfc1e511bb5937e973020c7508',
      ),
      voc(
        'voc2007/VOCtest_06-Nov-2007.tar',
        451_020_800,
        '6836888e2e01dca84577a849d339fa4f73e1e4f135d312430c4856b5609b4892',
      ),
    ],
    folder: 'VOCdevkit/VOC2007',
  },
  voc2012: {
    title: 'Pascal VOC 2012, training and validation images',
    homepage: 'http://host.robots.ox.ac.uk/pascal/VOC/voc2012/',
    licence:
      'Photos from Flickr under its terms of use; the annotations are published for research. Cite the VOC 2012 challenge.',
    files: [
      voc(
        'voc2012/VOCtrainval_11-May-2012.tar',
        1_999_639_040,
        'e14f763270cf193d0b5f74b169f44157a4b0c6efa708f4dd0ff78ee691763bcb',
      ),
    ],
    folder: 'VOCdevkit/VOC2012',
  },
  'places365-small': {
    title: 'Places365-Standard, 256 × 256',
    homepage: 'http://places2.csail.mit.edu',
    licence:
      'For non-commercial research and education only; the photos belong to their authors. Cite B. Zhou et al., "Places: A 10 million Image Database for Scene Recognition" (2017).',
    files: [
      sha256(
        'http://data.csail.mit.edu/places/places365/filelist_places365-standard.tar',
        67_498_496,
        '520699e00d69b63ddc29fac54645aa00ce1c10ca42e288960aa1cf791d6e9aa9',
      ),
      sha256(
        'http://data.csail.mit.edu/places/places365/val_256.tar',
        525_158_400,
        '24b4e639ef12a0012af525bc4cb443e4ab4aaea8369a1fb009b70e4a4aad5d48',
      ),
      sha256(
        'http://data.csail.mit.edu/places/places365/train_256_places365standard.tar',
        26_103_685_120,
        '0ade5d7d38c682aa0203014a2b99ad3bf608bf1de0f151dc0d80efba54660a0a',
      ),
    ],
    folder: '.',
  },
  flowers102: {
    title: 'Oxford Flowers 102, images only',
    homepage: 'https://www.robots.ox.ac.uk/~vgg/data/flowers/102/',
    licence: 'Published for research by M.-E. Nilsback and A. Zisserman (2008); the photos belong to their authors.',
    files: [
      sha256(
        'https://www.robots.ox.ac.uk/~vgg/data/flowers/102/102flowers.tgz',
        344_862_509,
        '2d01ecc807db462958cfe3d92f57a8c252b4abd240eb955770201e45f783b246',
      ),
    ],
    folder: 'jpg',
  },
};

function cocoAnnotations(): PublicFile {
  return sha256(
    'http://images.cocodataset.org/annotations/annotations_trainval2017.zip',
    252_907_541,
    '113a836d90195ee1f884e704da6304dfaaecff1f023f49b6ca93c4aaae470268',
  );
}

function cocoVal(): PublicFile {
  return sha256(
    'http://images.cocodataset.org/zips/val2017.zip',
    815_585_330,
    '4f7e2ccb2866ec5041993c9cf2a952bbed69647b115d0f74da7ce8f4bef82f05',
  );
}

/** The home of VOC is often out of reach; the second address is a mirror of the same files. */
function voc(path: string, bytes: number, value: string): PublicFile {
  const home = sha256(`http://host.robots.ox.ac.uk/pascal/VOC/${path}`, bytes, value);
  return { ...home, urls: [...home.urls, `https://pjreddie.com/media/files/${home.fileName}`] };
}

function sha256(url: string, bytes: number, value: string): PublicFile {
  return { ...fileAt(url, bytes), digest: { algorithm: 'sha256', value } };
}

function md5(url: string, bytes: number, value: string): PublicFile {
  return { ...fileAt(url, bytes), digest: { algorithm: 'md5', value } };
}

function fileAt(url: string, bytes: number): Omit<PublicFile, 'digest'> {
  const fileName = url.slice(url.lastIndexOf('/') + 1);
  const archive = fileName.endsWith('.zip') ? 'zip' : fileName.endsWith('.tar') ? 'tar' : 'tar.gz';
  return { urls: [url], fileName, bytes, archive };
}
