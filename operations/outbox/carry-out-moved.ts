import type { ServiceName, SetName } from '#core/words/names.ts';
import { carryOut, type CarryOutPorts } from './carry-out.ts';

/** Carries out what follows for each set; one that fails holds back no other. @returns those that failed */
export const carryOutMoved =
  (ports: CarryOutPorts) =>
  async <Moved extends { readonly service: ServiceName; readonly set: SetName }>(
    sets: readonly Moved[],
  ): Promise<readonly Moved[]> => {
    const failed: Moved[] = [];
    for (const moved of sets) {
      try {
        await carryOut(ports)(moved.service, moved.set);
      } catch (error) {
        failed.push(moved);
        const { service, set } = moved;
        ports.log.error('not-carried-out', { service, set, error: error instanceof Error ? error : String(error) });
      }
    }
    return failed;
  };
