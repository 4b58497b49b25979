import { readFileSync, writeFileSync } from 'node:fs';

/** Resident memory of this process at its highest, in bytes. */
export interface PeakMemory {
  /** The highest since the last {@link PeakMemory.restart}, or since the process began where that is not possible. */
  bytes(): number;
  /** Forgets the past, where the system can (Linux). */
  restart(): void;
}

const STATUS = '/proc/self/status';
const CLEAR = '/proc/self/clear_refs';
/** Value of `clear_refs` that sets the peak back to the present. */
const RESET_PEAK = '5';

export const peakMemory: PeakMemory = {
  bytes() {
    return statusPeak() ?? process.resourceUsage().maxRSS * 1024;
  },
  restart() {
    try {
      writeFileSync(CLEAR, RESET_PEAK);
    } catch {
      // Another system: the peak of the whole process is all there is.
    }
  },
};

function statusPeak(): number | undefined {
  try {
    const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(STATUS, 'utf8'));
    return found ? Number(found[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}
