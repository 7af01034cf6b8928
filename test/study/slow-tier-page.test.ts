/** The page of the slow tier from results as they are. */
import { expect, it } from 'vitest'
import { slowTierPage } from '../slow/page.ts'

it('sums what passed and failed, lists files by name, and names what failed', () => {
  const page = slowTierPage(
    [
      { file: 'test/b.test.ts', passed: 2, failed: ['b > breaks'], duration_ms: 1_234_500 },
      { file: 'test/a.test.ts', passed: 3, failed: [], duration_ms: 400 },
    ],
    { date: new Date('2026-03-01T10:00:00Z'), node: 'v20.0.0' },
  )
  expect(page).toContain('Last run: 2026-03-01, Node v20.0.0: 5 passed, 1 failed.')
  expect(page).toContain('| `test/a.test.ts` | 3 | 0 | 0 |\n| `test/b.test.ts` | 2 | 1 | 1,235 |')
  expect(page).toContain('## Failed\n\n- `test/b.test.ts`: b > breaks')
})
