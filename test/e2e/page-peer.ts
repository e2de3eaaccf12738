import { TEST_IDS } from '../../apps/web/src/test-ids.ts'

/** A part of the page, whichever program steers the browser: what Playwright's `Locator` and `FirefoxPart` have in common. */
interface PagePart<Part> {
  /** Waits until it is there and can be pressed. */
  click(): Promise<void>
  /** Puts a text in the place of what stands there. */
  fill(text: string): Promise<void>
  check(): Promise<void>
  waitFor(options?: { readonly state?: 'visible' | 'detached'; readonly timeout?: number }): Promise<void>
  getAttribute(name: string): Promise<string | null>
  filter(options: { readonly hasText: string }): Part
  locator(selector: string): Part
}

/** The page in a browser profile of its own, and what a user does there. */
export abstract class PagePeer<Part extends PagePart<Part>> {
  /** A part of the page by its name in `TEST_IDS`. */
  part(name: keyof typeof TEST_IDS, attributes = ''): Part {
    return this.locator(`[data-testid="${TEST_IDS[name]}"]${attributes}`)
  }

  protected abstract locator(selector: string): Part
  /** The address of the page. */
  protected abstract url(): Promise<string> | string
  /** Runs a function in the page; it knows nothing of what is around it. */
  protected abstract run<Value>(work: () => Promise<Value>): Promise<Value>

  /** Resolves when the page is connected, offline, … */
  async untilConnection(state: 'connected' | 'offline'): Promise<void> {
    await this.part('connection', `[data-state="${state}"]`).waitFor()
  }

  /** Resolves when the browser keeps the page itself. */
  async untilPageIsKept(): Promise<void> {
    await this.run(async () => (await navigator.serviceWorker.ready).scope)
  }

  /** Makes a namespace in which anyone writes; resolves with its id. */
  async createNamespace(name: string): Promise<string> {
    await this.part('createOpen').click()
    await this.part('createName').fill(name)
    await this.part('createPolicy', '[value="anyone"]').check()
    await this.part('createSubmit').click()
    await this.part('namespaceTitle').waitFor()
    return new URL(await this.url()).hash.slice('#/ns/'.length)
  }

  /** Opens a namespace by its id, as somebody does who was sent it. */
  async openNamespace(id: string): Promise<void> {
    await this.part('openId').fill(id)
    await this.part('openSubmit').click()
    await this.part('namespaceTitle').waitFor()
  }

  /** The row of a document that shows this text. */
  row(text: string): Part {
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
}
