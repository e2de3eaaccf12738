import { existsSync } from 'node:fs'
import { BidiSession, type Preference } from './bidi-session.ts'
import { findPart, FirefoxPart, type PartActions, type PartState, PATIENCE_MS, type Step, untilPressable } from './firefox-part.ts'
import { PagePeer } from './page-peer.ts'

/** Runs in the page: notes whether the next press lands on something else than a part. */
const NOTE_PRESS = `(part) => {
  globalThis.pressedBeside = undefined
  const note = ({ target }) => (globalThis.pressedBeside = !part.contains(target) && !target.contains(part))
  document.addEventListener('pointerdown', note, { capture: true, once: true })
}`
/** What Firefox says, by the name in the specification of WebDriver BiDi, where what is to be moved to lies outside the window. */
const OUT_OF_WINDOW = 'move target out of bounds'

/** Firefox pairs no ICE candidate with this machine itself, unless it is told to and thinks that it may use camera and microphone. */
export const WEBRTC_ON_LOOPBACK: Readonly<Record<string, Preference>> = {
  'media.peerconnection.ice.loopback': true,
  'permissions.default.camera': 1,
  'permissions.default.microphone': 1,
}

/** Set, and empty where there is none, by `npm test`. */
const FIREFOX = process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr'

/** Whether there is a Firefox on this machine. */
export function hasFirefox(): boolean {
  return existsSync(FIREFOX)
}

/** Keys that are no characters: https://w3c.github.io/webdriver/#keyboard-actions */
const KEYS = { Escape: '\uE00C' } as const

/** What Firefox sends of a value. */
interface RemoteValue {
  readonly type: string
  readonly value?: unknown
  readonly sharedId?: string
}

type Called =
  | { readonly type: 'success'; readonly result: RemoteValue }
  | { readonly type: 'exception'; readonly exceptionDetails: { readonly text: string } }

/** The page in a tab of Firefox. */
export class FirefoxPeer extends PagePeer<FirefoxPart> {
  readonly #session: BidiSession
  readonly #context: string

  private constructor(session: BidiSession, context: string) {
    super()
    this.#session = session
    this.#context = context
  }

  /** Opens the page of a relay in a new Firefox with this profile folder and these preferences. */
  static async open(profile: string, url: string, preferences: Readonly<Record<string, Preference>> = {}): Promise<FirefoxPeer> {
    const session = await BidiSession.start(FIREFOX, profile, preferences)
    try {
      const { contexts } = await session.send<{ readonly contexts: readonly { readonly context: string }[] }>('browsingContext.getTree', {})
      const [first] = contexts
      if (first === undefined) throw new Error('Firefox has no tab')
      const peer = new FirefoxPeer(session, first.context)
      await peer.goto(url)
      return peer
    } catch (error) {
      await session.close()
      throw error
    }
  }

  /** The page in a further tab of the same browser. */
  async openTab(url: string): Promise<FirefoxPeer> {
    const { context } = await this.#session.send<{ readonly context: string }>('browsingContext.create', { type: 'tab' })
    const tab = new FirefoxPeer(this.#session, context)
    await tab.goto(url)
    return tab
  }

  async goto(url: string): Promise<void> {
    await this.#session.send('browsingContext.navigate', { context: this.#context, url, wait: 'complete' })
  }

  async reload(): Promise<void> {
    await this.#session.send('browsingContext.reload', { context: this.#context, wait: 'complete' })
  }

  /** Presses a key, by the name that WebDriver has for it, where the focus is. */
  async press(key: keyof typeof KEYS): Promise<void> {
    const value = KEYS[key]
    await this.#act({
      type: 'key',
      id: 'keys',
      actions: [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ],
    })
  }

  /** The name of the part that has the focus, as in `TEST_IDS`. */
  async focused(): Promise<string | null> {
    return this.run(async () => document.activeElement?.getAttribute('data-testid') ?? null)
  }

  /** Closes this tab. */
  async closeTab(): Promise<void> {
    await this.#session.send('browsingContext.close', { context: this.#context })
  }

  /** Ends the browser with all its tabs. */
  async close(): Promise<void> {
    await this.#session.close()
  }

  protected override locator(selector: string): FirefoxPart {
    const actions: PartActions = {
      find: (steps, state, timeoutMs) => this.#find(steps, state, timeoutMs),
      press: (part) => this.#press(part),
      type: (part, text) => this.#type(part, text),
      attribute: async (part, name) => {
        const { value } = await this.#call(`(element, name) => element.getAttribute(name)`, { sharedId: part }, { type: 'string', value: name })
        return typeof value === 'string' ? value : null
      },
    }
    return new FirefoxPart(actions, [{ selector }])
  }

  protected override async url(): Promise<string> {
    return this.run(async () => location.href)
  }

  protected override async run<Value>(work: () => Promise<Value>): Promise<Value> {
    const { value } = await this.#call(`async () => JSON.stringify(await (${String(work)})())`)
    return JSON.parse(String(value)) as Value
  }

  async #find(steps: readonly Step[], state: PartState, timeoutMs: number): Promise<string | undefined> {
    const found = await this.#callThatWaits(
      timeoutMs,
      String(findPart),
      { type: 'string', value: JSON.stringify(steps) },
      { type: 'string', value: state },
      { type: 'number', value: timeoutMs },
    )
    if (found.sharedId !== undefined) return found.sharedId
    if (found.value === 'detached') return undefined
    const text = await this.run(async () => document.body.textContent)
    throw new Error(`${JSON.stringify(steps)} did not become ${state} within ${timeoutMs} ms. The page says: ${text.slice(0, 2000)}`)
  }

  /** Moves the pointer there, and presses where it rests. What has left the window, or moved away, before the pointer was there was not pressed, and is followed. */
  async #press(part: string): Promise<void> {
    await this.#session.send('browsingContext.activate', { context: this.#context })
    for (const until = performance.now() + PATIENCE_MS; ; ) {
      const left = Math.max(0, until - performance.now())
      const { value: inTheWay } = await this.#callThatWaits(left, String(untilPressable), { sharedId: part }, { type: 'number', value: left })
      if (inTheWay !== '') throw new Error(`What was to be pressed did not come to rest. Where it is, there is: ${String(inTheWay)}`)
      await this.#call(NOTE_PRESS, { sharedId: part })
      try {
        await this.#act({
          type: 'pointer',
          id: 'mouse',
          actions: [
            { type: 'pointerMove', x: 0, y: 0, origin: { type: 'element', element: { sharedId: part } } },
            { type: 'pointerDown', button: 0 },
            { type: 'pointerUp', button: 0 },
          ],
        })
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith(OUT_OF_WINDOW))) throw error
        continue
      }
      const { value: isBeside } = await this.#call('() => globalThis.pressedBeside === true')
      if (isBeside !== true || left === 0) return
    }
  }

  /** Types a text in the place of what stands in a field. */
  async #type(part: string, text: string): Promise<void> {
    await this.#session.send('browsingContext.activate', { context: this.#context })
    await this.#call(`(element) => { element.focus(); element.select() }`, { sharedId: part })
    const keys = Array.from(text, (value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ])
    await this.#act({ type: 'key', id: 'keys', actions: keys.flat() })
  }

  async #act(source: object): Promise<void> {
    await this.#session.send('input.performActions', { context: this.#context, actions: [source] })
  }

  async #call(functionDeclaration: string, ...args: readonly object[]): Promise<RemoteValue> {
    return this.#callThatWaits(0, functionDeclaration, ...args)
  }

  /** Calls what may wait for so long before it returns: whoever asks is more patient than that, and hears what it says then. */
  async #callThatWaits(waitsMs: number, functionDeclaration: string, ...args: readonly object[]): Promise<RemoteValue> {
    const params = { functionDeclaration, arguments: args, target: { context: this.#context }, awaitPromise: true }
    const called = await this.#session.send<Called>('script.callFunction', params, waitsMs)
    if (called.type === 'exception') throw new Error(called.exceptionDetails.text)
    return called.result
  }
}
