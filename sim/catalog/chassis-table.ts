/**
 * Chassis and their heat, from the table under the model of mac-provider section 6. Three machines were measured well
 * enough to fit (Air M4, MacBook Pro with Max chips, M5 Max in one); the rest borrows from them and says so.
 */
import type { ChassisSpec, ThermalSpec } from './chassis.ts'
import type { ChipTier } from './chip.ts'
import type { EvidenceKind, Sourced } from './model.ts'

const MODEL = 'mac-provider 6, heat model'
const sourced = (value: number, evidence: EvidenceKind, source: string): Sourced<number> => ({
  value,
  evidence,
  source,
})
const fitted = (value: number, source = MODEL) => sourced(value, 'fitted', source)
const assumed = (value: number, source: string) => sourced(value, 'assumed', source)

/** Desktops: nobody has reported one to throttle. */
const roomy = (full_w: number): ThermalSpec => ({
  full_w: fitted(full_w),
  sustained_w: fitted(full_w),
  tau_s: assumed(240, 'without effect: it never throttles'),
  low: assumed(0.95, 'without effect: it never throttles'),
  high: assumed(1.1, 'without effect: it never throttles'),
  fanless: false,
  reportsLate: false,
})

const AIR: ThermalSpec = {
  full_w: fitted(20),
  sustained_w: fitted(10),
  tau_s: fitted(90),
  low: fitted(0.95),
  high: fitted(1.1),
  lidClosed: fitted(0.6, `${MODEL}: 6 W with the lid closed, -48 % class`),
  fanless: true,
  reportsLate: false,
}

const PRO_LID = assumed(0.8, 'no measurement with the lid closed; vents stay free, so less than the Air loses')

const PRO_BASE: ThermalSpec = {
  full_w: assumed(20, 'that of the Air, whose chip it is'),
  sustained_w: assumed(18, 'as the Pro chips lose 10 % at most'),
  tau_s: assumed(240, 'that of the Pro chips'),
  low: assumed(0.9, 'that of the Max chips'),
  high: assumed(1.3, 'that of the Max chips'),
  lidClosed: PRO_LID,
  fanless: false,
  reportsLate: true,
}

const PRO_PRO: ThermalSpec = { ...PRO_BASE, full_w: fitted(30), sustained_w: fitted(24), tau_s: fitted(240) }

const PRO_MAX: ThermalSpec = {
  full_w: fitted(55),
  sustained_w: fitted(24, `${MODEL}: 24-27 W; the lower end fits the 16-inch M3 Max`),
  tau_s: fitted(180),
  low: fitted(0.9),
  high: fitted(1.3),
  forced: { sustained_w: fitted(50), tau_s: fitted(240) },
  lidClosed: PRO_LID,
  fanless: false,
  reportsLate: true,
}

/** Ends at 0.4-0.5 of its speed after a quarter of an hour of work, and needs 50 minutes to forget it. */
const M5_MAX: ThermalSpec = {
  ...PRO_MAX,
  soak: { drop_w: fitted(18, `${MODEL}: second integrator; drop fitted to the final 0.4-0.5`), tau_s: fitted(1_500) },
}

export const CHASSIS: readonly ChassisSpec[] = [
  { name: 'MacBook Air', thermal: { Base: AIR } },
  { name: 'MacBook Pro 13', thermal: { Base: PRO_BASE } },
  {
    name: 'MacBook Pro 14',
    thermal: { Base: PRO_BASE, Pro: PRO_PRO, Max: PRO_MAX },
    exceptions: { M5: { Max: M5_MAX } },
  },
  {
    name: 'MacBook Pro 16',
    thermal: { Pro: PRO_PRO, Max: PRO_MAX },
    exceptions: { M5: { Max: M5_MAX } },
  },
  {
    name: 'iMac',
    thermal: {
      Base: { ...roomy(22), sustained_w: assumed(20, 'thin case with fans, between Air and mini; no measurement') },
    },
  },
  { name: 'Mac mini', thermal: { Base: roomy(22), Pro: roomy(45) } },
  { name: 'Mac Studio', thermal: { Max: roomy(75), Ultra: roomy(150) } },
  { name: 'Mac Pro', thermal: { Ultra: roomy(150) } },
]

/** What a machine that names no chassis stands in: the roomy one of its tier. */
export const DEFAULT_CHASSIS: { readonly [tier in ChipTier]: string } = {
  Base: 'Mac mini',
  Pro: 'Mac mini',
  Max: 'Mac Studio',
  Ultra: 'Mac Studio',
}

export const findChassis = (name: string): ChassisSpec | undefined => CHASSIS.find((chassis) => chassis.name === name)
