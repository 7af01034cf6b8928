/**
 * Heat as arithmetic: the two-state model of mac-provider section 6. The heat state is power low-passed by the case; a
 * governor turns it into the power the GPU may draw, and the clock follows that power by an exponent. Between two
 * changes of the power drawn everything has a closed form. Watts, seconds.
 *
 *   dtheta/dt = (P - theta)/tau      allowed = sus + (full - sus) clip((high sus - theta)/((high - low) sus), 0, 1)
 *   speed = min(1, allowed/phase)^0.55
 *
 * The speed is held on a grid of whole percent: level L falls to L-1 when the speed has fallen to (L-1) %, and rises to
 * L+1 when it has risen to (L+1) %, so that nothing chatters.
 */
import { exp, ln, pow } from '../../base/math.ts'
import type { ThermalSpec } from '../../catalog/chassis.ts'
import type { HeatSettings } from '../config.ts'

/** The clock follows power by this exponent: 0.50-0.60 in mac-provider 1.2. */
const CLOCK_EXPONENT = 0.55
/** GPU power at rest: mac-provider 6. */
export const IDLE_W = 2
/** The constants hold at this ambient temperature; each 5 degrees more cut sustained power by 7 % (mac-provider 6). */
const REFERENCE_C = 25
const CUT_PER_DEGREE = 0.07 / 5
/** Sustained power never falls below this share, however hot the room. Assumed. */
const HOTTEST_SHARE = 0.2
/** Low Power Mode: share of full power. Assumed: no measurement was found. */
const LOW_POWER_SHARE = 0.5
/** A crossing further away than this many soak times is called never. */
const SOAK_HORIZONS = 6
/** Far above what rounding does to a speed and far below a level: what is proven with so much room holds to the bit. */
const SPEED_ROOM = 1e-9

/** A chassis under its settings. */
export interface HeatLaw {
  readonly full: number
  readonly sustained: number
  /** Most the power mode allows, however cool. */
  readonly cap: number
  readonly tau: number
  readonly low: number
  readonly high: number
  readonly soakDrop: number
  readonly soakTau: number
}

export interface Heat {
  /** Low-passed power. */
  readonly theta: number
  /** The same over the soak time; `IDLE_W` for ever where nothing soaks. */
  readonly soak: number
}

export const COOL: Heat = { theta: IDLE_W, soak: IDLE_W }

export function heatLaw(spec: ThermalSpec, settings: HeatSettings): HeatLaw {
  const full = spec.full_w.value
  const forced = settings.power_mode === 'high' ? spec.forced : undefined
  const cap = settings.power_mode === 'low' ? full * LOW_POWER_SHARE : full
  const never = spec.sustained_w.value >= full
  const room = Math.max(HOTTEST_SHARE, 1 - CUT_PER_DEGREE * (settings.ambient_c - REFERENCE_C))
  const lid = settings.lid === 'closed' ? (spec.lidClosed?.value ?? 1) : 1
  const cooling = (forced?.sustained_w ?? spec.sustained_w).value * room * lid
  const sustained = never ? full : Math.min(full, cooling)
  // Soaked up, a case loses the same share of what it sustains in every room: in watts, a hot one would have none left.
  const soakDrop = forced === undefined ? (spec.soak?.drop_w.value ?? 0) * (sustained / spec.sustained_w.value) : 0
  return {
    full,
    sustained,
    cap,
    tau: (forced?.tau_s ?? spec.tau_s).value,
    low: spec.low.value,
    high: spec.high.value,
    soakDrop,
    soakTau: spec.soak?.tau_s.value ?? 1,
  }
}

/** Nothing this law can do will ever slow the GPU down. */
export const neverThrottles = (law: HeatLaw): boolean => law.sustained >= law.full && law.cap >= law.full

/** Sustained power after what the case has soaked up. */
export const sustainedWatts = (law: HeatLaw, heat: Heat): number => sustainedAt(law, heat.soak)

const sustainedAt = (law: HeatLaw, soak: number): number =>
  law.sustained - law.soakDrop * Math.min(1, soak / law.sustained)

/** Share of the cool clock, 0 ... 1, that a phase drawing `phase` watts when cool is allowed. */
export const speedOf = (law: HeatLaw, heat: Heat, phase: number): number => speedAt(law, heat.theta, heat.soak, phase)

const speedAt = (law: HeatLaw, theta: number, soak: number, phase: number): number =>
  speedAllowed(allowedAt(law, theta, soak), phase)

const speedAllowed = (allowed: number, phase: number): number =>
  allowed >= phase ? 1 : pow(allowed / phase, CLOCK_EXPONENT)

/** The power that the governor allows the GPU. */
function allowedAt(law: HeatLaw, theta: number, soak: number): number {
  const sustained = sustainedAt(law, soak)
  const room = (law.high * sustained - theta) / ((law.high - law.low) * sustained)
  const governed = sustained + (law.full - sustained) * Math.min(1, Math.max(0, room))
  return Math.min(law.cap, governed)
}

/** By level: share of a phase's cool power that it draws when its clock is held there. */
const DRAWN_SHARE = Float64Array.from({ length: 101 }, (_, level) =>
  level === 0 ? 0 : level === 100 ? 1 : pow(level / 100, 1 / CLOCK_EXPONENT),
)

/** What a phase draws when its clock is held at a level, percent. */
export const drawnWatts = (phase: number, level: number): number => phase * DRAWN_SHARE[level]!

export function heatAfter(law: HeatLaw, heat: Heat, drawn: number, seconds: number): Heat {
  const theta = relaxed(heat.theta, drawn, seconds, law.tau)
  if (law.soakDrop === 0) return { theta, soak: heat.soak }
  return { theta, soak: relaxed(heat.soak, drawn, seconds, law.soakTau) }
}

const relaxed = (from: number, to: number, seconds: number, tau: number): number =>
  to + (from - to) * exp(-seconds / tau)

/**
 * Whether the speed is at most, or at least, that of a level. What a level draws is known, so power says it, and the speed
 * itself is worked out only where rounding could matter.
 */
function isAtMost(allowed: number, phase: number, level: number): boolean {
  const limit = drawnWatts(phase, level)
  if (allowed < limit * (1 - SPEED_ROOM)) return true
  return allowed <= limit * (1 + SPEED_ROOM) && speedAllowed(allowed, phase) <= level / 100
}
function isAtLeast(allowed: number, phase: number, level: number): boolean {
  const limit = drawnWatts(phase, level)
  if (allowed > limit * (1 + SPEED_ROOM)) return true
  return allowed >= limit * (1 - SPEED_ROOM) && speedAllowed(allowed, phase) >= level / 100
}

/** On the grid, 1 ... 100. */
export const levelOf = (speed: number): number => Math.max(1, Math.round(speed * 100))

export interface Crossing {
  readonly seconds: number
  readonly level: number
}

/** When a phase that is held at `level` next changes level, and to which; undefined: never. */
export function nextCrossing(law: HeatLaw, heat: Heat, phase: number, level: number): Crossing | undefined {
  if (law.soakDrop > 0) return soakedCrossing(law, heat, phase, level)
  const drawn = drawnWatts(phase, level)
  const fall = thetaAt(law, phase, level - 1)
  if (level > 1 && fall !== undefined && drawn > fall) {
    const seconds = heat.theta >= fall ? 0 : law.tau * ln((drawn - heat.theta) / (drawn - fall))
    return { seconds, level: level - 1 }
  }
  const rise = level < 100 ? thetaAt(law, phase, level + 1) : undefined
  if (rise === undefined || drawn >= rise) return undefined
  const seconds = heat.theta <= rise ? 0 : law.tau * ln((heat.theta - drawn) / (rise - drawn))
  return { seconds, level: level + 1 }
}

/** The heat state at which the governor allows exactly this level; undefined: it allows more, or never so much. */
function thetaAt(law: HeatLaw, phase: number, level: number): number | undefined {
  const { full, sustained, cap, low, high } = law
  const watts = drawnWatts(phase, level)
  if (watts <= sustained || watts > cap || full <= sustained) return undefined
  return high * sustained - ((watts - sustained) / (full - sustained)) * (high - low) * sustained
}

/**
 * The same where two time constants mix: looked for in growing steps, then halved down to a microsecond. Power and soak
 * each go one way all the time, and the more of either, the slower; so between two moments the clock is between that of
 * the larger and that of the smaller of both, and steps in which that is no other level are passed without a look.
 */
function soakedCrossing(law: HeatLaw, heat: Heat, phase: number, level: number): Crossing | undefined {
  const drawn = drawnWatts(phase, level)
  const thetaAfter = (seconds: number): number => relaxed(heat.theta, drawn, seconds, law.tau)
  const soakAfter = (seconds: number): number => relaxed(heat.soak, drawn, seconds, law.soakTau)
  const crossed = (seconds: number): number => {
    const allowed = allowedAt(law, thetaAfter(seconds), soakAfter(seconds))
    if (level > 1 && isAtMost(allowed, phase, level - 1)) return level - 1
    return level < 100 && isAtLeast(allowed, phase, level + 1) ? level + 1 : level
  }
  const least = level > 1 ? drawnWatts(phase, level - 1) * (1 + SPEED_ROOM) : -Infinity
  const most = level < 100 ? drawnWatts(phase, level + 1) * (1 - SPEED_ROOM) : Infinity
  /** Between two moments with these states. False where it is not certain. */
  const staysBetween = (theta: number, soak: number, thetaThen: number, soakThen: number): boolean =>
    allowedAt(law, Math.max(theta, thetaThen), Math.max(soak, soakThen)) > least &&
    allowedAt(law, Math.min(theta, thetaThen), Math.min(soak, soakThen)) < most
  if (staysBetween(heat.theta, heat.soak, drawn, drawn)) return undefined
  const at0 = crossed(0)
  if (at0 !== level) return { seconds: 0, level: at0 }
  const stride = law.tau / 8
  const horizon = SOAK_HORIZONS * law.soakTau
  let before = 0
  /** Steps to pass at once: twice as many after each success. */
  let leap = 1
  for (let after = 0.5; before < horizon; after += Math.min(after, stride)) {
    if (leap > 1) {
      let far = after
      for (let step = 1; step < leap; step++) far += Math.min(far, stride)
      if (staysBetween(thetaAfter(before), soakAfter(before), thetaAfter(far), soakAfter(far))) {
        before = after = far
        leap *= 2
        continue
      }
      leap = 1
    }
    const to = crossed(after)
    if (to === level) {
      before = after
      leap *= 2
      continue
    }
    let late = after
    while (late - before > 1e-6) {
      const middle = (before + late) / 2
      if (crossed(middle) === level) before = middle
      else late = middle
    }
    return { seconds: late, level: to }
  }
  return undefined
}

/** One stretch of what a GPU does: watts when cool, and either its work in seconds at full speed or its length. */
export type Phase = { readonly phase_w: number } & ({ readonly work_s: number } | { readonly rest_s: number })

export interface Played {
  readonly seconds: number
  /** Mean share of the cool speed. */
  readonly speed: number
}

/** Plays phases one after another, as the published heat runs did. */
export function playHeat(law: HeatLaw, phases: readonly Phase[], start: Heat = COOL): readonly Played[] {
  let heat = start
  return phases.map((phase) => {
    if ('rest_s' in phase) {
      heat = heatAfter(law, heat, phase.phase_w, phase.rest_s)
      return { seconds: phase.rest_s, speed: 1 }
    }
    let left = phase.work_s
    let seconds = 0
    let level = levelOf(speedOf(law, heat, phase.phase_w))
    while (left > 1e-9) {
      const next = nextCrossing(law, heat, phase.phase_w, level)
      const rest = (left * 100) / level
      const step = next === undefined ? rest : Math.min(rest, next.seconds)
      heat = heatAfter(law, heat, drawnWatts(phase.phase_w, level), step)
      seconds += step
      left -= (step * level) / 100
      if (next !== undefined && step === next.seconds) level = next.level
    }
    return { seconds, speed: phase.work_s / seconds }
  })
}
