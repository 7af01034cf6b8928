/** How much a page works, whatever else the machine does. */
import type { Page } from 'playwright-core'

/** Seconds of processor that the page's main thread has had: the same on a busy machine as on a quiet one. */
export async function busySecondsOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')!.value
  }
}
