import { isPublicHost } from '#public-host'
import { type CID, DocstoreError } from '@p2p-docstore/core'
import { type DomainName, MAX_NAMES_FILE_BYTES, NAMES_PATH, personInFile, readDomainName, showDomainName } from '@p2p-docstore/core/people/names'
import { rangeOfHost } from '../../network/transport/index.ts'

/** How long a domain may take to answer, milliseconds. */
const FETCH_TIMEOUT_MS = 5000
/** How long an answer is taken for true, and how long that there was none, milliseconds. */
const GOOD_MS: number = 24 * 60 * 60_000
const BAD_MS: number = 10 * 60_000
/** Names whose answers are remembered; the oldest are forgotten. */
const MAX_REMEMBERED = 1000

/** What a domain says of a name. */
export type DomainProof =
  /** Both say so: the domain that the name is the person's, and the person that the name is theirs. */
  | { readonly state: 'proven'; readonly person: CID; readonly checkedAt: number; readonly until: number }
  /** The domain names a person, who does not say so. */
  | { readonly state: 'one-sided'; readonly person: CID; readonly checkedAt: number; readonly until: number }
  /** The domain knows no such name, or could not be asked. */
  | { readonly state: 'unknown' | 'unreachable'; readonly checkedAt: number; readonly until: number }

/** What checking takes. */
export interface DomainProofsInit {
  /** The names of domains that a person says are theirs, as far as is known here. */
  readonly claimedBy: (person: CID) => Promise<readonly string[]>
  /** Whether domains of this machine and its network may be asked, over http too. */
  readonly anyHost?: boolean
  /** Unix milliseconds. */
  readonly now?: () => number
  /** How long a domain may take for its whole answer, milliseconds. */
  readonly timeoutMs?: number
}

/** What a domain said, and when. */
interface Answer {
  readonly person: CID | undefined
  readonly isReached: boolean
  readonly checkedAt: number
}

/**
 * Names such as `alice@example.org`, which the web server of a domain answers for. Checked both ways, and remembered: the server is asked once a day, and learns no more of who asks than
 * that somebody does.
 */
export class DomainProofs {
  readonly #init: DomainProofsInit
  readonly #now: () => number
  readonly #answers = new Map<string, Answer>()
  readonly #asking = new Map<string, Promise<Answer>>()

  constructor(init: DomainProofsInit) {
    this.#init = init
    this.#now = init.now ?? Date.now
  }

  /** How it stands with a name. Throws `bad-username` where it is none of a domain, `private-host` where the domain is not to be asked. */
  async check(text: string, { fresh = false }: { readonly fresh?: boolean } = {}): Promise<DomainProof> {
    const name = readDomainName(text, { anyHost: this.#init.anyHost === true })
    if (name === undefined)
      throw new DocstoreError('bad-username', `${JSON.stringify(text.slice(0, 80))} is no name of a domain. It looks like alice@example.org`)
    const { person, isReached, checkedAt } = await this.#answer(name, fresh)
    const until = checkedAt + (person === undefined ? BAD_MS : GOOD_MS)
    if (person === undefined) return { state: isReached ? 'unknown' : 'unreachable', checkedAt, until }
    const claimed = (await this.#init.claimedBy(person)).flatMap((one) => readDomainName(one, { anyHost: true }) ?? [])
    const isClaimed = claimed.some((one) => showDomainName(one) === showDomainName(name))
    return { state: isClaimed ? 'proven' : 'one-sided', person, checkedAt, until }
  }

  /** Once for all who ask at the same time. */
  async #answer(name: DomainName, fresh: boolean): Promise<Answer> {
    const key = showDomainName(name)
    const known = this.#answers.get(key)
    const life = known?.person === undefined ? BAD_MS : GOOD_MS
    if (known !== undefined && !fresh && this.#now() < known.checkedAt + life) return known
    const asking = this.#asking.get(key) ?? this.#ask(name).finally(() => this.#asking.delete(key))
    this.#asking.set(key, asking)
    const answer = await asking
    this.#answers.delete(key)
    this.#answers.set(key, answer)
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= MAX_REMEMBERED) break
      this.#answers.delete(oldest)
    }
    return answer
  }

  async #ask({ name, domain }: DomainName): Promise<Answer> {
    const { anyHost = false, timeoutMs = FETCH_TIMEOUT_MS } = this.#init
    const host = domain.replace(/:\d+$/, '')
    // Whoever is shown a name must not be made to knock at the machines around them.
    if (!anyHost && !(await isPublicHost(host)))
      throw new DocstoreError('private-host', `${domain} leads to this machine or its network. Only names of public domains are looked up`)
    const scheme = anyHost && rangeOfHost(host) !== 'public' ? 'http' : 'https'
    const checkedAt = this.#now()
    try {
      const response = await fetch(`${scheme}://${domain}${NAMES_PATH}?name=${encodeURIComponent(name)}`, {
        redirect: 'error',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
        headers: { accept: 'application/json' },
        signal: AbortSignal.timeout(timeoutMs),
      })
      if (!response.ok) {
        await response.body?.cancel()
        return { person: undefined, isReached: response.status === 404, checkedAt }
      }
      const text = await textUpTo(response, MAX_NAMES_FILE_BYTES)
      return { person: text === undefined ? undefined : personInFile(text, name), isReached: true, checkedAt }
    } catch {
      // Refused, redirected, too slow or not there: all the same to who asked.
      return { person: undefined, isReached: false, checkedAt }
    }
  }
}

/** The body as text; nothing where it is larger, and no more of it is read then. */
async function textUpTo(response: Response, maxBytes: number): Promise<string | undefined> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let text = ''
  for (let bytes = 0; ; ) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.length
    if (bytes > maxBytes) {
      await reader.cancel()
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
}
