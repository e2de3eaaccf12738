import { type BrowserContext, chromium, type Locator, type Page } from 'playwright'
import { TEST_IDS } from '../../apps/web/src/test-ids.ts'

/** The page in a browser profile of its own, and what a user does there. */
export class BrowserPeer {
  readonly page: Page
  readonly #context: BrowserContext

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context
    this.page = page
  }

  /** Opens the page of a relay in a new browser with this profile folder. */
  static async open(
    profile: string,
    url: string,
    executablePath: string = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  ): Promise<BrowserPeer> {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      // Relays of tests have certificates that they signed themselves.
      args: ['--no-sandbox', '--disable-features=WebRtcHideLocalIpsWithMdns', '--ignore-certificate-errors'],
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

  /** A part of the page by its name in `TEST_IDS`. */
  part(name: keyof typeof TEST_IDS, attributes = ''): Locator {
    return this.page.locator(`[data-testid="${TEST_IDS[name]}"]${attributes}`)
  }

  /** Resolves when the page is connected, offline, … */
  async untilConnection(state: 'connected' | 'offline'): Promise<void> {
    await this.part('connection', `[data-state="${state}"]`).waitFor()
  }

  /** Resolves when the browser keeps the page itself. */
  async untilPageIsKept(): Promise<void> {
    await this.page.evaluate(async () => (await navigator.serviceWorker.ready).scope)
  }

  /** Makes a namespace in which anyone writes; resolves with its id. */
  async createNamespace(name: string): Promise<string> {
    await this.part('createOpen').click()
    await this.part('createName').fill(name)
    await this.part('createPolicy', '[value="anyone"]').check()
    await this.part('createSubmit').click()
    await this.part('namespaceTitle').waitFor()
    return new URL(this.page.url()).hash.slice('#/ns/'.length)
  }

  /** Opens a namespace by its id, as somebody does who was sent it. */
  async openNamespace(id: string): Promise<void> {
    await this.part('openId').fill(id)
    await this.part('openSubmit').click()
    await this.part('namespaceTitle').waitFor()
  }

  /** The row of a document that shows this text. */
  row(text: string): Locator {
    return this.part('documentRow').filter({ hasText: text })
  }

  async add(document: object): Promise<void> {
    await this.part('documentAdd').click()
    await this.#write(document)
  }

  /** Opens the row that shows a text, and saves another content under its id. */
  async edit(text: string, fields: object): Promise<void> {
    const row = this.row(text)
    const id = await row.getAttribute('data-id')
    await row.locator(`[data-testid="${TEST_IDS.documentOpen}"]`).click()
    await this.#write({ _id: id, ...fields })
  }

  async delete(text: string): Promise<void> {
    await this.row(text).locator(`[data-testid="${TEST_IDS.documentDelete}"]`).click()
  }

  async #write(document: object): Promise<void> {
    await this.part('editorText').fill(JSON.stringify(document))
    await this.part('editorSave').click()
    await this.part('editor').waitFor({ state: 'detached' })
  }

  async joinTopic(topic: string): Promise<void> {
    await this.part('messagesOpen').click()
    await this.part('topicInput').fill(topic)
    await this.part('topicSubmit').click()
    await this.part('messageList', `[data-topic="${topic}"]`).waitFor()
  }

  async say(text: string): Promise<void> {
    await this.part('messageInput').fill(text)
    await this.part('messageSend').click()
  }

  /** Ends the browser with all its tabs. */
  async close(): Promise<void> {
    await this.#context.close()
  }
}
