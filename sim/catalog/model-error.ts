/**
 * What the Mac model does not know, as factors that a run can be played with: how far published figures lie from what
 * the model says of them, of those figures that nothing was fitted to. The lists are `fleetlab calibrate`'s own residuals
 * (`sim/evidence/calibrate/model-error.ts` makes them, a test holds them equal); a Mac class draws one of each.
 */
import type { StepConstants } from './step-constants.ts'
import { atPrefillSpeed, stepConstants } from './step-constants.ts'
import residuals from './model-error.json'

/** Of one class of Macs. 1: as calibrated. */
export interface ModelError {
  /** Decode rate, whatever the batch. */
  readonly decode: number
  /** Prefill rate. */
  readonly prefill: number
  /** What further rows add to a decode step, their context aside. */
  readonly batch: number
  /** Time of a cold load. */
  readonly load: number
}

export const MODEL_ERRORS = ['decode', 'prefill', 'batch', 'load'] as const satisfies readonly (keyof ModelError)[]

/** Ascending, by what they are factors of. */
export type ErrorResiduals = { readonly [error in keyof ModelError]: readonly number[] }

/** Measured over simulated, of every predicted figure of its kind. */
export const CALIBRATED_ERRORS: ErrorResiduals = residuals

/** The step constants of a Mac that the model is wrong about by so much; undefined: as calibrated. */
export function constantsUnder(error: ModelError | undefined, prefillSpeed: number): typeof stepConstants {
  if (error === undefined) return atPrefillSpeed(prefillSpeed)
  const base = atPrefillSpeed(prefillSpeed * error.prefill)
  return (chip, model, engine) => decodingAt(base(chip, model, engine), error)
}

function decodingAt(constants: StepConstants, { decode, batch }: ModelError): StepConstants {
  const slower = (nanos: number): number => nanos / decode
  return {
    ...constants,
    weightBytesPerNano: constants.weightBytesPerNano * decode,
    fixedNanos: slower(constants.fixedNanos),
    rowNanos: slower(constants.rowNanos),
    tileNanos: slower(constants.tileNanos),
    contextNanos: slower(constants.contextNanos),
    batchContextNanos: slower(constants.batchContextNanos),
    windowNanos: slower(constants.windowNanos),
    batchFactor: constants.batchFactor * batch,
  }
}
