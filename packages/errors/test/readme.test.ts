import { runReadmeExample } from '@ssl-scene/vitest-config/readme';
import { expect, it } from 'vitest';

it('the example of the README prints what the README says', async () => {
  const { printed, said } = await runReadmeExample(import.meta.url);
  expect(printed).toBe(said);
});
