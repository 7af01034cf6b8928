/** The catalog's door: data tables of chips and models, a source on every number. */
export { CHIP_TIERS, type ChipSpec } from './chip.ts'
export { CHIP_FAMILIES } from './chip-family.ts'
export { type ThermalSpec, thermalSpec } from './chassis.ts'
export { CHASSIS, DEFAULT_CHASSIS, findChassis } from './chassis-table.ts'
export { chips, findChip } from './chips.ts'
export { derivedFigures, ownChip } from './own-chip.ts'
export {
  ENGINE_VERSIONS,
  type EngineVersion,
  type ModelSpec,
  type Sourced,
} from './model.ts'
export { findModel, models } from './models.ts'
