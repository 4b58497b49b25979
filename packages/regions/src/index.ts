export { type HeatMapSize, type RegionRecord, RegionStore, type RegionStoreOptions } from './region-store.ts';
