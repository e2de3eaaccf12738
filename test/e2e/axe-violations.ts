import axe, { type AxeResults, type RunOptions } from 'axe-core'
import type { Page } from 'playwright'

/** What axe-core finds wrong with what is on the screen, light and dark: `rule: element`. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source)
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    // Only colours differ in the dark.
    const options: RunOptions = colorScheme === 'light' ? {} : { runOnly: ['color-contrast'] }
    const { violations } = await page.evaluate(runAxe, options)
    for (const { id, nodes } of violations) found.push(...nodes.map(({ html }) => `${colorScheme}, ${id}: ${html.slice(0, 200)}`))
  }
  await page.emulateMedia({ colorScheme: 'light' })
  return found
}

/** Runs in the page, once its colours are what they are going to be. */
async function runAxe(options: RunOptions): Promise<AxeResults> {
  const changing = (): readonly Animation[] => document.getAnimations().filter((animation) => animation instanceof CSSTransition)
  // One that another takes the place of is not finished but cancelled.
  for (let some = changing(); some.length > 0; some = changing()) await Promise.allSettled(some.map(({ finished }) => finished))
  return (globalThis as unknown as { readonly axe: typeof axe }).axe.run(document, options)
}
