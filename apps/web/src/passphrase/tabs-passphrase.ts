type Message = { readonly kind: 'ask' } | { readonly kind: 'told'; readonly passphrase: string | undefined }

/**
 * The passphrase with which the data of this page was opened, in memory alone, for as long as a tab lives that has it: tabs tell each other. Everything of
 * this origin can hear it, as it can read the data itself once that is open: a relay's page has an origin of its own.
 */
export class TabsPassphrase {
  readonly #hall: BroadcastChannel
  #passphrase: string | undefined

  constructor(data: string, onTold: () => void) {
    this.#hall = new BroadcastChannel(`docstore-page/passphrase/${data}`)
    this.#hall.addEventListener('message', ({ data: message }: MessageEvent<Message>) => {
      if (message.kind === 'told') {
        this.#passphrase = message.passphrase
        onTold()
      } else if (this.#passphrase !== undefined) this.#tell()
    })
    this.#hall.postMessage({ kind: 'ask' } satisfies Message)
  }

  get value(): string | undefined {
    return this.#passphrase
  }

  /** Keeps what opens the data from now on, and tells the other tabs. */
  keep(passphrase: string | undefined): void {
    if (passphrase === this.#passphrase) return
    this.#passphrase = passphrase
    this.#tell()
  }

  #tell(): void {
    this.#hall.postMessage({ kind: 'told', passphrase: this.#passphrase } satisfies Message)
  }
}
