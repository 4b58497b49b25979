import { SceneError } from '@ssl-scene/errors';

/** A published wheel: how pip is asked for it and what the file must be. */
export interface Wheel {
  /** Name on the package index. */
  readonly distribution: string;
  readonly version: string;
  /** pip's platform tag. */
  readonly platformTag: string;
  readonly fileName: string;
  readonly sha256: string;
  /** Bytes, where known; for the progress bar alone. */
  readonly size?: number;
}

/** The TensorFlow version that is installed unless another is asked for. */
export const DEFAULT_VERSION = '2.15.1';

/** The Python version whose wheels are taken: the libraries inside do not depend on it. */
export const PYTHON_TAG = '3.11';

interface Variant {
  readonly platform: string;
  readonly gpu: boolean;
  readonly version: string;
  readonly wheels: readonly Wheel[];
}

const LINUX_X64 = 'manylinux_2_17_x86_64.manylinux2014_x86_64';

const CUDA_WHEELS: readonly Wheel[] = [
  cuda('cublas', '12.2.5.6', 'f448d8db463f9a2c7dd9a1e607c0961d3e95f825b86839c5882f7d073d406df0'),
  cuda('cuda-cupti', '12.2.142', 'ce68d1009dd14215e38ed49643d31374c71d6fea381181cb0b9da7f19dfd1624'),
  cuda('cuda-nvcc', '12.2.140', 'c6ff4ae7a636eb6cab7621191e19ac3779690686bbcf52c04d8b1ca2944e1e27'),
  cuda('cuda-nvrtc', '12.2.140', 'b1cdcae6443cb7cdcfb5d1bf51896a148c9f82f9e65b27db9ab095eaed689aa7'),
  cuda('cuda-runtime', '12.2.140', 'acb9cb7e44594a3512533497ea790d9f0b0e399abcc888584c157d1ffa080e41'),
  cuda('cudnn', '8.9.4.25', '9f882d5b11753c566fd32427839089eb4f8ba7a58c28446ad359e32c40229723'),
  cuda('cufft', '11.0.8.103', '72e961e578f9be9e316ccb4db8652c421dd0b57442624faa71061d452f449a67'),
  cuda('curand', '10.3.3.141', '7b6bad6817b5df2a6f5ec221206fb895d9195fdd7d2443f3e86554108c141a0a'),
  cuda('cusolver', '11.5.2.141', '5a85c4653ce34339a5688137f494a0f903e0f0532418550998167f00844161da'),
  cuda('cusparse', '12.1.2.141', '4e13d6a51d2303dcb2a023ba09546811161f0334fc64e13689397bbd3b1eb126'),
  cuda('nccl', '2.16.5', '84695a4248138fb2ca12f5fd3defe986e790e71ccdaad51b2ca34ca4e83ef421'),
  cuda('nvjitlink', '12.2.140', '95635cafbf9f96c38bea5200ab145a2e6aefbb5405e0b04c1e4ba54df2d84ec9'),
];

const VARIANTS: readonly Variant[] = [
  {
    platform: 'linux-x64',
    gpu: false,
    version: '2.15.1',
    wheels: [
      {
        distribution: 'tensorflow-cpu',
        version: '2.15.1',
        platformTag: 'manylinux_2_17_x86_64',
        fileName: `tensorflow_cpu-2.15.1-cp311-cp311-${LINUX_X64}.whl`,
        sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
        size: 207_208_420,
      },
    ],
  },
  {
    platform: 'linux-x64',
    gpu: false,
    version: '2.21.0',
    wheels: [
      {
        distribution: 'tensorflow-cpu',
        version: '2.21.0',
        platformTag: 'manylinux_2_27_x86_64',
        fileName: 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
        sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
        size: 273_829_956,
      },
    ],
  },
  {
    platform: 'linux-x64',
    gpu: true,
    version: '2.15.1',
    wheels: [
      {
        distribution: 'tensorflow',
        version: '2.15.1',
        platformTag: 'manylinux_2_17_x86_64',
        fileName: `tensorflow-2.15.1-cp311-cp311-${LINUX_X64}.whl`,
        sha256: 'bb0edd69103c154245c5f209f0507355cc68ba7e4de350084bc31edc562478e4',
        size: 475_258_663,
      },
      ...CUDA_WHEELS,
    ],
  },
  {
    platform: 'linux-arm64',
    gpu: false,
    version: '2.15.1',
    wheels: [
      {
        distribution: 'tensorflow-cpu-aws',
        version: '2.15.1',
        platformTag: 'manylinux_2_17_aarch64',
        fileName: 'tensorflow_cpu_aws-2.15.1-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl',
        sha256: 'd4c3a3a9363bf42999adedbbd514e3a133be2d62f61fee9cfa46aaefb087c09e',
        size: 211_874_120,
      },
    ],
  },
  {
    platform: 'darwin-arm64',
    gpu: false,
    version: '2.15.1',
    wheels: [
      {
        distribution: 'tensorflow',
        version: '2.15.1',
        platformTag: 'macosx_12_0_arm64',
        fileName: 'tensorflow-2.15.1-cp311-cp311-macosx_12_0_arm64.whl',
        sha256: 'aa926114d1e13ffe5b2ea59c3f195216f26646d7fe36e9e5207b291e4b7902ff',
        size: 205_736_374,
      },
    ],
  },
  {
    platform: 'darwin-x64',
    gpu: false,
    version: '2.15.1',
    wheels: [
      {
        distribution: 'tensorflow',
        version: '2.15.1',
        platformTag: 'macosx_10_15_x86_64',
        fileName: 'tensorflow-2.15.1-cp311-cp311-macosx_10_15_x86_64.whl',
        sha256: '6761efe511e6ee0f893f60738fefbcc51d6dc386eeaaafea59d21899ef369ffd',
        size: 236_482_723,
      },
    ],
  },
];

function cuda(name: string, version: string, sha256: string): Wheel {
  const distribution = `nvidia-${name}-cu12`;
  const fileName = `${distribution.replaceAll('-', '_')}-${version}-py3-none-manylinux1_x86_64.whl`;
  return { distribution, version, platformTag: 'manylinux1_x86_64', fileName, sha256 };
}

/** What to look up in the table of wheels. */
export interface WheelRequest {
  /** TensorFlow's version. */
  readonly version: string;
  /** Whether the CUDA build is wanted. */
  readonly gpu: boolean;
  /** As `process.platform`. */
  readonly platform: string;
  /** As `process.arch`. */
  readonly arch: string;
  /** Whether the system's C library is glibc, for which the Linux wheels are built. */
  readonly glibc: boolean;
}

/**
 * The wheels that hold the library and what it needs, TensorFlow's own first.
 *
 * @throws SceneError `NATIVE_PLATFORM` where nothing is published for the platform or the version.
 */
export function wheelsFor(request: WheelRequest): readonly Wheel[] {
  const platform = `${request.platform}-${request.arch}`;
  if (request.platform === 'linux' && !request.glibc) {
    throw platformError('linux with glibc', `${platform} with another C library`);
  }
  const ofPlatform = VARIANTS.filter((variant) => variant.platform === platform);
  if (ofPlatform.length === 0) {
    throw platformError(`one of ${[...new Set(VARIANTS.map((variant) => variant.platform))].join(', ')}`, platform);
  }
  const sameKind = ofPlatform.filter((variant) => variant.gpu === request.gpu);
  if (sameKind.length === 0) throw platformError('linux-x64 for the CUDA build', platform);
  const match = sameKind.find((variant) => variant.version === request.version);
  if (match === undefined) {
    throw platformError(`version ${sameKind.map((variant) => variant.version).join(' or ')}`, request.version);
  }
  return match.wheels;
}

/** The table's entry for a wheel's file name, whatever the platform; `undefined` for a wheel it does not know. */
export function knownWheel(fileName: string): Wheel | undefined {
  return VARIANTS.flatMap((variant) => variant.wheels).find((wheel) => wheel.fileName === fileName);
}

function platformError(expected: string, found: string): SceneError {
  return new SceneError({
    code: 'NATIVE_PLATFORM',
    expected,
    found,
    where: 'native library',
    fix: 'Use the WebAssembly backend (SSL_SCENE_BACKEND=wasm), or give the path of a wheel of your own with --from.',
  });
}
