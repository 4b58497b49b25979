import { rmSync } from 'node:fs';
import { randomStream } from '@ssl-scene/random';
import { describe, expect, it } from 'vitest';
import { childRun, newestContent } from './child-run.ts';
import { backends, temporaryFolder } from './tiny-run.ts';

describe('kills at random moments', () => {
  it('C08: 30 kills, each resumed, lose nothing', { timeout: 1_200_000 }, async () => {
    const backend = backends[0]!;
    const whole = temporaryFolder();
    await childRun(whole, backend);
    const moments = randomStream(1, 'kills');
    let kills = 0;
    while (kills < 30) {
      const parted = temporaryFolder();
      for (;;) {
        const outcome = await childRun(parted, backend, 'SIGKILL', moments.integer(1, 9));
        if (outcome.signal !== 'SIGKILL') break;
        kills++;
      }
      expect(newestContent(parted)).toEqual(newestContent(whole));
      rmSync(parted, { recursive: true });
    }
    rmSync(whole, { recursive: true });
  });
});
