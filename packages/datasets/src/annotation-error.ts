import { SceneError } from '@ssl-scene/errors';

/** An annotation file that does not say what its format promises. */
export function badAnnotation(file: string, place: string, expected: string, found: unknown): SceneError {
  return new SceneError({
    code: 'BAD_ANNOTATION',
    expected,
    found: found === undefined ? 'nothing' : (JSON.stringify(found)?.slice(0, 200) ?? String(found)),
    where: `${file}, ${place}`,
    fix: 'Correct or restore the file.',
  });
}
