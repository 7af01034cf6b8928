/** The page of the slow tier from results as they are. */
import { expect, it } from 'vitest'
import { cpuSeconds, slowTierPage } from '../slow/page.ts'

it('sums what passed and failed, lists every file, and names what failed', () => {
  const page = slowTierPage(
    {
      node: 'v20.0.0',
      files: [
        { file: 'test/a.test.ts', passed: 3, failed: [], cpu_s: 4 },
        { file: 'test/b.test.ts', passed: 2, failed: ['b > breaks\nat length'], cpu_s: 1_235 },
      ],
    },
    ['test/a.test.ts', 'test/b.test.ts', 'test/c.test.ts'],
  )
  expect(page).toContain('Node v20.0.0: 5 passed, 1 failed, 1,239 CPU seconds; 1 of 3 files have none.')
  expect(page).toContain('| `test/a.test.ts` | 3 | 0 | 4 |\n| `test/b.test.ts` | 2 | 1 | 1,235 |\n')
  expect(page).toContain('| `test/c.test.ts` | not run | | |')
  expect(page).toContain('## Failed\n\n- `test/b.test.ts`: b > breaks\n')
})

it('takes CPU time of the children from what a shell prints', () => {
  expect(cpuSeconds('0m0.01s 0m0.02s\n2m3.50s 0m1.25s\n')).toBe(124.75)
  expect(cpuSeconds('0m0.010000s 0m0.020000s\n0m3.500000s 0m1.250000s')).toBe(4.75)
})
