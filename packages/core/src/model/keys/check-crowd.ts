/** What one signature is checked by: public key, message, signature. */
export type Check = readonly [publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array]
/** Checks one signature; never rejects. */
export type CheckOne = (...check: Check) => Promise<boolean>

/** Somebody who checks many signatures on another thread. Rejects where the thread has ended, or could not be started. */
export interface CheckHelper {
  check(checks: readonly Check[]): Promise<readonly boolean[]>
  end(): void
}

/** Signatures that are checked in one go: 5 ms of work, beside which handing it over is little. */
const BUNDLE = 64
/** Bundles that a helper has at once, so that it need not wait for the next one. */
const AHEAD = 2
/** How many must be there for helpers to be started: that takes as long as some hundred checks. */
const MANY = 4 * BUNDLE
/** How long helpers stay that have nothing to do, milliseconds: parcels of one log come one after another. */
const IDLE_MS = 10_000

interface Bundle {
  readonly checks: readonly Check[]
  readonly verdicts: PromiseWithResolvers<readonly boolean[]>
}

interface CheckCrowdInit {
  readonly checkOne: CheckOne
  readonly startHelpers: () => readonly CheckHelper[]
  readonly pause: () => Promise<void>
}

/**
 * Has many signatures checked by this thread and its helpers at once. Nobody is waited for: what a helper has not answered when nothing else is left is checked
 * here as well, and whoever is first is believed, as all check alike. So a helper that ends or hangs costs time alone.
 */
export class CheckCrowd {
  readonly #init: CheckCrowdInit
  /** Came in this turn. */
  #gathered: { readonly check: Check; readonly resolve: (isValid: boolean | Promise<boolean>) => void }[] = []
  readonly #open: Bundle[] = []
  /** At helpers, the longest first. */
  readonly #given = new Set<Bundle>()
  #helpers: readonly CheckHelper[] | undefined
  #isWorking = false
  #ending: ReturnType<typeof setTimeout> | undefined

  constructor(init: CheckCrowdInit) {
    this.#init = init
  }

  /** Whether a signature is valid: with all others that are asked for in this turn. */
  check(...check: Check): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#gathered.push({ check, resolve }) === 1) queueMicrotask(() => this.#begin())
    })
  }

  #begin(): void {
    const gathered = this.#gathered
    this.#gathered = []
    for (let at = 0; at < gathered.length; at += BUNDLE) {
      const part = gathered.slice(at, at + BUNDLE)
      const bundle: Bundle = { checks: part.map(({ check }) => check), verdicts: Promise.withResolvers() }
      for (const [i, { resolve }] of part.entries()) resolve(bundle.verdicts.promise.then((verdicts) => verdicts[i] === true))
      this.#open.push(bundle)
    }
    if (this.#open.length * BUNDLE >= MANY) this.#helpers ??= this.#startHelpers()
    for (const helper of this.#helpers ?? []) for (let i = 0; i < AHEAD; i++) this.#give(helper)
    if (!this.#isWorking) void this.#work()
  }

  /** Where the page may start none, as its content security policy or its origin has it, this thread checks all. */
  #startHelpers(): readonly CheckHelper[] {
    try {
      return this.#init.startHelpers()
    } catch {
      return []
    }
  }

  /** Has a helper check what nobody does yet, and the next then. */
  #give(helper: CheckHelper): void {
    const bundle = this.#open.shift()
    if (bundle === undefined) return
    this.#given.add(bundle)
    helper.check(bundle.checks).then(
      (verdicts) => {
        // An answer to something else would be worth nothing: then it is left among the given ones.
        if (verdicts.length !== bundle.checks.length) return
        this.#done(bundle, verdicts)
        this.#give(helper)
      },
      // It is left among the given ones, and checked here.
      () => undefined,
    )
  }

  #done(bundle: Bundle, verdicts: readonly boolean[]): void {
    this.#given.delete(bundle)
    bundle.verdicts.resolve(verdicts)
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    clearTimeout(this.#ending)
    for (let bundle = this.#next(); bundle !== undefined; bundle = this.#next()) {
      this.#done(bundle, await Promise.all(bundle.checks.map((check) => this.#init.checkOne(...check))))
      // Else what helpers answer would come in when all is done.
      await this.#init.pause()
    }
    this.#isWorking = false
    this.#ending = setTimeout(() => this.#end(), IDLE_MS)
  }

  #next(): Bundle | undefined {
    return this.#open.shift() ?? this.#given.values().next().value
  }

  #end(): void {
    for (const helper of this.#helpers ?? []) helper.end()
    this.#helpers = undefined
  }
}
