/** The catalog's door: data tables of chips and models, a source on every number. */
export type { ChipSpec } from './chip.ts'
export { type ThermalSpec, thermalSpec } from './chassis.ts'
export { CHASSIS, DEFAULT_CHASSIS, findChassis } from './chassis-table.ts'
export { chips, findChip } from './chips.ts'
export {
  ENGINE_VERSIONS,
  type EngineVersion,
  type ModelSpec,
  type Sourced,
} from './model.ts'
export { findModel, models } from './models.ts'
