import { isSceneError, SceneError } from '@ssl-scene/errors';

/** The ways in which a single picture can fail, as codes of `SceneError`. */
export const IMAGE_FAULTS = [
  'UNREADABLE_FILE',
  'NOT_AN_IMAGE',
  'BROKEN_IMAGE',
  'IMAGE_TOO_LARGE',
  'DECODE_TIMEOUT',
  'DECODER_CRASHED',
] as const;

export type ImageFault = (typeof IMAGE_FAULTS)[number];

/** Whether an error concerns one picture only, so that the others can still be read. */
export function isImageFault(error: unknown): error is SceneError & { readonly code: ImageFault } {
  return isSceneError(error) && (IMAGE_FAULTS as readonly string[]).includes(error.code);
}

export function notAnImage(where: string, found: string): SceneError {
  return new SceneError({
    code: 'NOT_AN_IMAGE',
    expected: 'JPEG, PNG, GIF, WebP, TIFF, AVIF, BMP, ICO or PPM data',
    found,
    where,
    fix: 'Remove the file, or convert it to one of these formats.',
  });
}

export function brokenImage(where: string, found: string, cause?: unknown): SceneError {
  return new SceneError({
    code: 'BROKEN_IMAGE',
    expected: 'a whole and valid picture',
    found,
    where,
    fix: 'Replace or remove the file. Files that merely end early can be read with `truncated: "accept"`.',
    cause,
  });
}

export function tooLarge(where: string, found: string, pixelLimit: number): SceneError {
  return new SceneError({
    code: 'IMAGE_TOO_LARGE',
    expected: `at most ${pixelLimit} pixels`,
    found,
    where,
    fix: 'Reduce the picture, or raise `pixelLimit` if you trust the file.',
  });
}

export function decodeTimeout(where: string, timeLimit: number): SceneError {
  return new SceneError({
    code: 'DECODE_TIMEOUT',
    expected: `a picture that decodes within ${timeLimit} ms`,
    found: 'a decoder still at work',
    where,
    fix: 'Remove the file, or raise `timeLimit` if the machine is merely slow.',
  });
}

export function decoderCrashed(where: string, found: string): SceneError {
  return new SceneError({
    code: 'DECODER_CRASHED',
    expected: 'a picture that the decoder survives',
    found,
    where,
    fix: 'Remove the file, and tell the makers of sharp about it.',
  });
}
