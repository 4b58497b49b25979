import type { DecisionCounts } from '@ssl-scene/datasets';

/** Counts of what decoding did, for people; empty where it did nothing. */
export function describeDecisions(decisions: DecisionCounts): string {
  const taken = Object.entries(decisions).filter(([, count]) => count > 0);
  return taken.map(([decision, count]) => `${decision} ${count}`).join(', ');
}
