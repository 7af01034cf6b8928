/** Answer and evidence in a real browser: the command line's verdicts, one colour per arm, every seed a dot, at every width. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CompareResult } from '../../sim/lab/compare/compare.ts'
import { textOf } from '../../sim/report/form/paint.ts'
import { formatDifference, formatValue } from '../../sim/report/form/unit.ts'
import { verdicts } from '../../sim/report/form/verdict.ts'
import { answerOf } from '../../ui/data/answer/answer.ts'
import { evidenceOf } from '../../ui/data/answer/evidence.ts'
import type { Summary } from '../../ui/data/answer/summary.ts'
import { dashboard, HEADLINE_QUESTION, unfold } from './driving/dashboard.ts'
import { compareInNode } from './driving/node-run.ts'

const WAVES = 'scenarios/rollout/pools-in-waves.yaml'
const { open } = dashboard()
const { compare, runs } = JSON.parse(readFileSync('ui/assets/headline.json', 'utf8')) as Summary
const arms = Object.keys(compare.policies)
/** Whose goodput is the first row. */
const MODEL = Object.keys(runs[0].result.models)[0]
const GOODPUT = `models["${MODEL}"].goodput`

const figure = (page: Page) => page.getByRole('group', { name: /^Evidence figure/ })
const armButtons = (page: Page) => page.getByRole('list', { name: 'Arms' }).getByRole('button')

describe('the answer', () => {
  it('stands in the first 200 pixels with five arms at 1,280, question first', async () => {
    const { page, errors } = await open('#/answer')
    await page.getByRole('heading', { name: HEADLINE_QUESTION }).waitFor()
    await expect.poll(() => armButtons(page).allTextContents()).toEqual(arms.slice(0, 5))
    const bottom = await page
      .getByRole('region', { name: 'Answer' })
      .evaluate((box) => box.getBoundingClientRect().bottom)
    expect(bottom).toBeLessThanOrEqual(200)
    expect(await page.locator('.toolbar').evaluate((bar) => bar.getBoundingClientRect().height)).toBe(40)
    // Each model's goodput or difference with its interval, and a way of falling, which a mean hides.
    const lines = page
      .getByRole('list', { name: 'Arms' })
      .getByRole('listitem')
      .filter({ has: page.getByRole('button') })
    for (const theme of ['light', 'dark']) {
      await page.evaluate((to) => (document.documentElement.dataset['theme'] = to), theme)
      for (const [i, { models, collapses }] of answerOf(compare).slice(0, 5).entries()) {
        const figures = lines.nth(i).locator('.goodput')
        for (const [m, { model, figure: words }] of models.entries()) {
          const cell = figures.nth(m)
          expect(await cell.textContent()).toContain(words)
          // To its last letter, in one line.
          expect(await cell.evaluate((box) => box.scrollWidth - box.clientWidth)).toBeLessThanOrEqual(0)
          const falls = collapses.find((each) => each.model === model)
          expect(await lines.nth(i).locator('.holds').nth(m).textContent()).toContain(falls?.text ?? '')
        }
      }
    }
    expect(errors).toEqual([])
    await page.close()
  })

  it('says of each arm and model what the command line prints', async () => {
    const { page } = await open('#/answer')
    await page.getByRole('button', { name: 'verdicts in full' }).click()
    const said = await page.getByRole('list', { name: 'Verdicts in full' }).locator('> li').allTextContents()
    expect(said).toEqual(
      verdicts(compare).map(
        ({ arm, model, word, findings }) =>
          `${arm} against ${compare.baseline}, ${model}: ${textOf(word)}${findings.join('')}`,
      ),
    )
    await page.close()
  })

  it('folds more than five arms, and one arm alone has its figures', async () => {
    const many = 'open,pools-afe8135,pools,pools-draining,least-loaded,power-of-two,reserve-macs'
    const { page } = await open(`#/answer?source=scenarios/pools/pinned-elsewhere.yaml&arms=${many}`)
    await page.getByText('Runs: 7 finished').waitFor()
    await expect.poll(() => armButtons(page).count()).toBe(5)
    await page.getByRole('button', { name: '2 more arms' }).click()
    await expect.poll(() => armButtons(page).count()).toBe(7)
    await page.evaluate(() => (location.hash = '#/answer?source=scenarios/pools/pinned-elsewhere.yaml&arms=pools'))
    await page.getByText('Runs: 1 finished').waitFor()
    await expect.poll(() => armButtons(page).allTextContents()).toEqual(['pools'])
    await page.getByText('pools with every review finding mended').waitFor()
    await page.getByText(/^goodput: first token ≤ 5 s \+ 1 ms per prompt token, then ≥ 15 tok\/s$/).waitFor()
    await page.close()
  })
})

describe('the evidence', () => {
  it('has a dot for every seed of every arm, the figures of the comparison, and zero rows in one line', async () => {
    const { page, errors } = await open('#/answer')
    await figure(page).waitFor()
    const dots = await page.evaluate(() => {
      const cells = [...document.querySelectorAll('.evidence-figure > g[transform]')]
      return cells.map((cell) => cell.querySelectorAll('circle').length)
    })
    const seeds = compare.seeds.length
    // Beside the baseline's own, which stand in every other cell too.
    expect(dots.slice(0, arms.length)).toEqual(arms.map((arm) => (arm === compare.baseline ? seeds : 2 * seeds)))
    const path = GOODPUT
    const cell = page.locator('.evidence-figure > g[transform]').nth(arms.length - 1)
    const last = arms.at(-1)!
    const mean = compare.policies[last]?.[path]?.mean ?? null
    await expect.poll(() => cell.locator('.value').textContent()).toBe(formatValue(mean, 'share'))
    const difference = compare.differences[last][path]
    await expect
      .poll(() => cell.locator('.difference').textContent())
      .toBe(`${formatDifference({ ...difference, ci95: null }, 'share')}${difference.significant === true ? ' *' : ''}`)
    const { zero } = evidenceOf(compare, runs, { everything: false, named: [], hidden: [] })
    if (zero.length > 0) await page.getByText(`0 everywhere: ${zero.join(', ')}`, { exact: true }).waitFor()
    expect(errors).toEqual([])
    await page.close()
  })

  it('reads seed by seed with the keys, and Enter chooses the run', async () => {
    const { page } = await open('#/answer')
    await figure(page).focus()
    for (const key of ['ArrowRight', 'ArrowRight', '.', '.', '.']) await page.keyboard.press(key)
    const own = (policy: string): number | null | undefined =>
      runs.find((run) => run.policy === policy && run.seed === compare.seeds[2])?.result.models[MODEL]?.goodput
    const words = `${arms[1]}, seed ${compare.seeds[2]}: goodput of ${MODEL} ${formatValue(own(arms[1]), 'share')}; open ${formatValue(own('open'), 'share')}`
    await page.getByText(words).waitFor()
    await page.keyboard.press('Enter')
    await expect.poll(() => page.url()).toContain(`policy=${arms[1]}&seed=${compare.seeds[2]}`)
    await expect.poll(() => armButtons(page).nth(1).getAttribute('aria-pressed')).toBe('true')
    await page.close()
  })

  it('says the same as a table, and judges no counter red or green', async () => {
    const { page } = await open('#/answer')
    await page.getByRole('button', { name: 'Table', exact: true }).click()
    const table = page.getByRole('region', { name: 'Evidence as a table' })
    await table.getByRole('row', { name: new RegExp(`^goodput ${MODEL}`) }).waitFor()
    const loads = table.getByRole('row', { name: /^model loads/ })
    expect(await loads.locator('.good, .bad').count()).toBe(0)
    const significant = Object.values(compare.differences).filter((each) => each[GOODPUT]?.significant === true)
    expect(
      await table
        .getByRole('row', { name: new RegExp(`^goodput ${MODEL}`) })
        .locator('.good, .bad')
        .count(),
    ).toBe(significant.length)
    await page.close()
  })

  it.each([390, 1280, 2560])('uses a width of %i px and never scrolls sideways', async (width) => {
    const { page } = await open('#/answer', { viewport: { width, height: 900 } })
    await page.locator('.evidence-figure circle').first().waitFor()
    const room = (): Promise<readonly number[]> =>
      page.evaluate(() => {
        const main = document.querySelector('main')!
        const cells = [...document.querySelectorAll('.evidence-figure > g[transform]')]
        const right = Math.max(...cells.map((cell) => cell.getBoundingClientRect().right))
        return [document.documentElement.scrollWidth, main.scrollWidth - main.clientWidth, right]
      })
    const [page_px, view_px, right] = await room()
    expect([page_px, view_px]).toEqual([width, 0])
    expect(right).toBeGreaterThan(width * 0.8)
    expect(right).toBeLessThanOrEqual(width)
    await page.close()
  })
})

describe('the print sheet', () => {
  it('is one page with the answer and the figure', async () => {
    const { page } = await open('#/answer')
    await page.locator('.evidence-figure circle').first().waitFor()
    const sheet = (await page.pdf({ preferCSSPageSize: true })).toString('latin1')
    expect(sheet.match(/\/Type\s*\/Page\b/g)?.length).toBe(1)
    await page.close()
  })
})

describe('the colours of arms', () => {
  let folder = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fleetlab-colours-'))
    await compareInNode(WAVES, folder)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('are one per arm in answer, figure and trade-off of an opened comparison, as in the scenario that is run', async () => {
    const compared = JSON.parse(readFileSync(join(folder, 'compare.json'), 'utf8')) as CompareResult
    const names = Object.keys(compared.policies)
    const results = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('result.json'))
      .map((path) => join(folder, path))
      .toReversed()
    expect(results.length).toBe(names.length * compared.seeds.length)
    const { page, errors } = await open()
    await page.locator('input[type=file]').setInputFiles([...results, join(folder, 'compare.json')])
    await page.getByText('opened', { exact: true }).waitFor()
    const strokes = () =>
      armButtons(page).evaluateAll((buttons) =>
        buttons.map((each) => [each.textContent, each.querySelector('line')?.getAttribute('stroke')]),
      )
    // While files come in, arms come and go.
    await expect.poll(async () => (await strokes()).map(([name]) => name)).toEqual(names)
    await page.getByText(/ seeds, warm-up left out/).waitFor()
    const inAnswer = await strokes()
    const inHeads = await page
      .locator('.evidence-heads g')
      .evaluateAll((heads) =>
        heads.map((each) => [each.textContent, each.querySelector('line')?.getAttribute('stroke')]),
      )
    expect(inAnswer.map(([name]) => name)).toEqual(names)
    expect(inHeads.slice(0, names.length)).toEqual(inAnswer)
    await unfold(page, /^Every figure/)
    const inLegend = () =>
      page
        .getByRole('region', { name: 'Trade-off' })
        .locator('.legend button:has(.key)')
        .evaluateAll((keys) =>
          keys.map((each) => [each.textContent, each.querySelector<HTMLElement>('.key')?.style.background]),
        )
    await expect.poll(inLegend).toEqual(inAnswer)
    expect(errors).toEqual([])
    await page.close()
  })
})
