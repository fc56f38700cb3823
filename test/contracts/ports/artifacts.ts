import { describe, expect, test } from 'vitest';
import { digestOf } from '#core/words/digest.ts';
import { answersOf, type Opened, sixteen } from './ports-under-test.ts';

const artifact = (text: string) => ({ bytes: new TextEncoder().encode(text), mediaType: 'text/plain' });

export const artifactsContract = (opened: Opened): void => {
  describe('artifacts', () => {
    test('are stored once under their own digest, and come back as they went', async () => {
      const { artifacts } = opened();
      const part = artifact('a prompt');
      const digest = digestOf('a prompt');
      expect(await artifacts.has(digest)).toBe(false);
      expect(await artifacts.put(part)).toEqual({ digest, isNew: true });
      expect(await artifacts.put(part)).toEqual({ digest, isNew: false });
      expect(await artifacts.has(digest)).toBe(true);
      expect(new Uint8Array(await artifacts.get(digest))).toEqual(part.bytes);
    });

    test('of 16 who store the same bytes one is the first, and all may', async () => {
      const answers = answersOf(await sixteen(() => opened().artifacts.put(artifact('many writers'))));
      expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
    });

    test('what was never stored is not there', async () => {
      await expect(opened().artifacts.get(digestOf('never'))).rejects.toMatchObject({ code: 'not-found' });
    });

    test('bytes that the digest does not name are never used, nor taken for the right ones (R3)', async () => {
      const { artifacts, doors } = opened();
      const digest = digestOf('the right bytes');
      await doors.plantArtifact(digest, artifact('other bytes').bytes);
      expect(await artifacts.has(digest)).toBe(true);
      await expect(artifacts.get(digest)).rejects.toMatchObject({ code: 'digest-mismatch' });
      await expect(artifacts.put(artifact('the right bytes'))).rejects.toMatchObject({ code: 'digest-mismatch' });
    });
  });
};
