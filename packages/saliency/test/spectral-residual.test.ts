import { openSaliencyFolders } from '@ssl-scene/datasets';
import { spectralResidual, upsampleBilinear } from '@ssl-scene/saliency';
import { sharedData } from '@ssl-scene/vitest-config/golden';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

const folder = sharedData('ecssd-300');

describe.skipIf(folder === undefined)("spectral residual equals OpenCV's (needs shared/data)", () => {
  it('within one of 255 levels, on photographs', async () => {
    const dataset = openSaliencyFolders({
      kind: 'saliency-folders',
      images: `${folder}/images`,
      masks: `${folder}/masks`,
    });
    for (const index of [0, 3, 6, 9]) {
      const image = await dataset.pixels(index);
      const { data, height, width } = spectralResidual(image);
      const enlarged = upsampleBilinear(data, [height, width], [image.height, image.width]);
      const name = `${folder}/reference/${dataset.id(index).replace('.jpg', '')}_spectral_residual.png`;
      const reference = await sharp(name).greyscale().raw().toBuffer();
      expect(enlarged.length).toBe(reference.length);
      const largest = enlarged.reduce((most, value, pixel) => {
        return Math.max(most, Math.abs(Math.round(255 * value) - reference[pixel]!));
      }, 0);
      expect(largest, dataset.id(index)).toBeLessThanOrEqual(1);
    }
    dataset.close?.();
  });
});
