/** Figures short enough for an axis. */
import { format } from 'd3'

export const formatCompact = format('.3~g')

/** Machines and changes are whole: an axis's halves stay unlabelled. */
export const formatWhole = (value: number): string => (Number.isInteger(value) ? String(value) : '')
