import { readFileSync } from 'node:fs';
import { sharedData } from '@ssl-scene/vitest-config/golden';

/** ResNet-20 features of real images with the results that Python gets on exactly these values. */
export interface StoredFeatures {
  readonly train: Float32Array;
  readonly trainLabels: Int32Array;
  readonly test: Float32Array;
  readonly testLabels: Int32Array;
  // biome-ignore lint/suspicious/noExplicitAny: a JSON file
  readonly reference: any;
}

/** The stored features, or undefined where the data folder is absent. */
export function storedFeatures(): StoredFeatures | undefined {
  const file = sharedData('models/cifar10_resnet20_features.safetensors');
  const reference = sharedData('models/cifar10_resnet20_feature_reference.json');
  if (!file || !reference) return undefined;
  const bytes = readFileSync(file);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength));
  const part = (name: string): Buffer => {
    const [start, end] = header[name].data_offsets;
    return bytes.subarray(8 + headerLength + start, 8 + headerLength + end);
  };
  return {
    train: fromHalf(part('train_features')),
    trainLabels: Int32Array.from(part('train_labels')),
    test: fromHalf(part('test_features')),
    testLabels: Int32Array.from(part('test_labels')),
    reference: JSON.parse(readFileSync(reference, 'utf8')),
  };
}

function fromHalf(bytes: Buffer): Float32Array {
  return Float32Array.from({ length: bytes.length / 2 }, (_, index) => {
    const bits = bytes.readUInt16LE(2 * index);
    const [sign, exponent, mantissa] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    if (exponent === 0) return sign * mantissa * 2 ** -24;
    return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
  });
}
