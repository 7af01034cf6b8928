/** Waits until a view stands still: its runs are made, nothing reports progress, and two frames were drawn since. */
import type { Page } from 'playwright-core'

/** Answers of the worker come in some milliseconds; a fleet's lanes take longest. */
const QUIET_MS = 700

export async function settled(page: Page, view: string): Promise<void> {
  await page.locator(`#tab-${view}[aria-selected="true"]`).waitFor()
  await page.locator('main section, main .empty').first().waitFor()
  // A followed link takes a moment to start its runs.
  await page.waitForTimeout(QUIET_MS)
  await page.waitForFunction(() => document.querySelector('[role="progressbar"]') === null)
  await page.waitForTimeout(QUIET_MS)
}
