import { type BrowserContext, chromium, type Locator, type Page } from 'playwright'
import { TEST_IDS } from '../../apps/web/src/test-ids.ts'
import { CHROMIUM } from '../chromium.ts'
import { PagePeer } from './page-peer.ts'

/** The page in Chromium. */
export class BrowserPeer extends PagePeer<Locator> {
  readonly page: Page
  readonly #context: BrowserContext

  private constructor(context: BrowserContext, page: Page) {
    super()
    this.#context = context
    this.page = page
  }

  /** Opens the page of a relay in a new browser with this profile folder. */
  static async open(profile: string, url: string, executablePath: string = CHROMIUM.executablePath): Promise<BrowserPeer> {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      // Relays of tests have certificates that they signed themselves.
      args: [...CHROMIUM.args, '--ignore-certificate-errors'],
    })
    const page = context.pages()[0] ?? (await context.newPage())
    await page.goto(url)
    return new BrowserPeer(context, page)
  }

  /** The page in a further tab of the same browser. */
  async openTab(url: string): Promise<BrowserPeer> {
    const page = await this.#context.newPage()
    await page.goto(url)
    return new BrowserPeer(this.#context, page)
  }

  protected override locator(selector: string): Locator {
    return this.page.locator(selector)
  }

  protected override url(): string {
    return this.page.url()
  }

  protected override run<Value>(work: () => Promise<Value>): Promise<Value> {
    return this.page.evaluate(work)
  }

  /** The document of the row that shows this text, as the editor has it. */
  async read(text: string): Promise<unknown> {
    await this.row(text).locator(`[data-testid="${TEST_IDS.documentOpen}"]`).click()
    const document: unknown = JSON.parse(await this.part('editorText').inputValue())
    await this.part('editorClose').click()
    return document
  }

  /** Ends the browser with all its tabs. */
  async close(): Promise<void> {
    await this.#context.close()
  }
}
