/** How long a part may take to come, or to go, milliseconds: a net under a machine that is very busy. Tests allow for two of them, so that they can say what did not come. */
export const PATIENCE_MS = 45_000

/** One step from the whole document towards a part of it. */
export type Step = { readonly selector: string } | { readonly hasText: string }

/** What a part has to be. */
export type PartState = 'visible' | 'enabled' | 'detached'

/** What a tab of Firefox does for its parts. */
export interface PartActions {
  /** Resolves with what BiDi calls the first such part once it is so, `undefined` for one that is gone. Rejects when it takes too long. */
  find(steps: readonly Step[], state: PartState, timeoutMs: number): Promise<string | undefined>
  press(part: string): Promise<void>
  type(part: string, text: string): Promise<void>
  attribute(part: string, name: string): Promise<string | null>
}

/** A part of a page in Firefox. It is looked for whenever something is done with it. */
export class FirefoxPart {
  readonly #actions: PartActions
  readonly #steps: readonly Step[]

  constructor(actions: PartActions, steps: readonly Step[]) {
    this.#actions = actions
    this.#steps = steps
  }

  /** The parts among these that have a text in them. */
  filter(step: { readonly hasText: string }): FirefoxPart {
    return new FirefoxPart(this.#actions, [...this.#steps, step])
  }

  /** The parts inside these. */
  locator(selector: string): FirefoxPart {
    return new FirefoxPart(this.#actions, [...this.#steps, { selector }])
  }

  async click(): Promise<void> {
    await this.#actions.press(await this.#find('enabled'))
  }

  async check(): Promise<void> {
    await this.click()
  }

  async fill(text: string): Promise<void> {
    await this.#actions.type(await this.#find('enabled'), text)
  }

  async getAttribute(name: string): Promise<string | null> {
    return this.#actions.attribute(await this.#find('visible'), name)
  }

  async waitFor({ state = 'visible', timeout = PATIENCE_MS }: { readonly state?: PartState; readonly timeout?: number } = {}): Promise<void> {
    await this.#actions.find(this.#steps, state, timeout)
  }

  async #find(state: PartState): Promise<string> {
    const part = await this.#actions.find(this.#steps, state, PATIENCE_MS)
    if (part === undefined) throw new Error('The part is gone')
    return part
  }
}

/**
 * Runs in the page: the first part at the end of these steps as soon as it is as wanted; `null` when time is over. What changes is
 * noticed at once, also in a tab that is in the background.
 */
export function findPart(stepsText: string, state: string, timeoutMs: number): Promise<Element | string | null> {
  const steps = JSON.parse(stepsText) as readonly { readonly selector?: string; readonly hasText?: string }[]
  const look = (): Element | string | null => {
    let found: readonly Element[] = [document.documentElement]
    for (const { selector, hasText } of steps) {
      if (selector !== undefined) found = found.flatMap((element) => [...element.querySelectorAll(selector)])
      if (hasText !== undefined) found = found.filter((element) => element.textContent.includes(hasText))
    }
    if (state === 'detached') return found.length === 0 ? 'detached' : null
    return found.find((element) => element.checkVisibility() && (state !== 'enabled' || !element.matches(':disabled'))) ?? null
  }
  return new Promise((resolve) => {
    const end = (part: Element | string | null): void => {
      observer.disconnect()
      clearTimeout(timer)
      resolve(part)
    }
    const observer = new MutationObserver(() => {
      const part = look()
      if (part !== null) end(part)
    })
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
    const timer = setTimeout(() => end(look()), timeoutMs)
    const now = look()
    if (now !== null) end(now)
  })
}

/**
 * Runs in the page: scrolls to a part, and waits until it stays where it is from one frame to the next with nothing before it. What is pressed while the
 * page moves lands beside it. Resolves with nothing then, and with what is in the way when time is over.
 */
export async function untilPressable(part: Element, timeoutMs: number): Promise<string> {
  const end = performance.now() + timeoutMs
  let last: DOMRect | undefined
  for (;;) {
    part.scrollIntoView({ block: 'nearest' })
    const box = part.getBoundingClientRect()
    const front = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
    const isStill = last !== undefined && box.x === last.x && box.y === last.y && box.width === last.width && box.height === last.height
    if (isStill && front !== null && (part.contains(front) || front.contains(part))) return ''
    if (performance.now() > end) return front?.outerHTML.slice(0, 500) ?? 'nothing'
    last = box
    await new Promise((resolve) => requestAnimationFrame(resolve))
  }
}
