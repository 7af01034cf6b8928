/** Memory for people: a Mac sold with `64 GB` has 64 GiB. */
import { formatNumber } from '../../../sim/report/form/unit.ts'

const GIB = 2 ** 30

export const gibibytes = (bytes: number): string => `${formatNumber(bytes / GIB, bytes % GIB === 0 ? 0 : 1)} GiB`
