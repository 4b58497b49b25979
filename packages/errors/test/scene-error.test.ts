import { closest, isSceneError, SceneError } from '@ssl-scene/errors';
import { describe, expect, it } from 'vitest';

const details = {
  code: 'TRUNCATED_RECORD',
  expected: 'a whole number of 3073-byte records',
  found: '61 bytes after record 4',
  where: 'data_batch_1.bin',
  fix: 'Fetch the file again.',
};

describe('SceneError', () => {
  it('says everything in its message', () => {
    expect(new SceneError(details).message).toBe(
      'TRUNCATED_RECORD: expected a whole number of 3073-byte records, found 61 bytes after record 4 (data_batch_1.bin). Fetch the file again.',
    );
  });

  it('is recognised by its mark, also when another copy of the class made it', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('ssl-scene.error')]: true });
    expect(isSceneError(new SceneError(details))).toBe(true);
    expect(isSceneError(foreign)).toBe(true);
    expect(isSceneError(new Error('x'))).toBe(false);
    expect(isSceneError(null)).toBe(false);
  });

  it('keeps the cause', () => {
    const cause = new Error('underneath');
    expect(new SceneError({ ...details, cause }).cause).toBe(cause);
    expect('cause' in new SceneError(details)).toBe(false);
  });
});

describe('closest', () => {
  it('suggests the nearest candidate', () => {
    expect(closest('temprature', ['temperature', 'template', 'epochs'])).toBe('temperature');
    expect(closest('lr', ['learningRate', 'lr0'])).toBe('lr0');
  });

  it('suggests nothing where nothing is near', () => {
    expect(closest('zzz', ['temperature', 'epochs'])).toBeUndefined();
    expect(closest('anything', [])).toBeUndefined();
  });
});
