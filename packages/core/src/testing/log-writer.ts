import { sha256 } from '#crypto'
import { equalBytes, toHex, utf8 } from '../model/bytes.ts'
import type { CID } from '../model/encoding/cid.ts'
import { type Identity, identityFromSeed } from '../model/keys/identity.ts'
import { type SignedAct, signAct, signDevice } from '../model/people/act.ts'
import type { ActContent, PersonAct } from '../model/people/act-content.ts'
import { createPerson, type DecodedPerson } from '../model/people/person.ts'

/** The key that belongs to a word. */
export function keyNamed(name: string): Identity {
  return identityFromSeed(sha256(utf8(`docstore vectors: ${name}`)))
}

/** What somebody knows of a log, and adds to it. */
export class LogView {
  readonly #log: CID
  readonly #known = new Map<string, SignedAct>()
  #at: number

  constructor(log: CID, { at = 0, known = [] }: { at?: number; known?: Iterable<SignedAct> } = {}) {
    this.#log = log
    this.#at = at
    this.learn(known)
  }

  get acts(): SignedAct[] {
    return [...this.#known.values()]
  }

  learn(acts: Iterable<SignedAct>): void {
    for (const signed of acts) {
      this.#known.set(toHex(signed.hash), signed)
      this.#at = Math.max(this.#at, signed.act.at)
    }
  }

  /** Another one who knows the same. */
  fork(): LogView {
    return new LogView(this.#log, { at: this.#at, known: this.acts })
  }

  /** Acts after all that is known. */
  act(
    by: Identity,
    content: ActContent,
    { via = this.#viaOf(by), at = this.#at + 1 }: { via?: Uint8Array | undefined; at?: number } = {},
  ): SignedAct {
    const parents = new Set(this.acts.flatMap(({ act }) => act.parents.map(toHex)))
    const tips = this.acts.map(({ hash }) => hash).filter((hash) => !parents.has(toHex(hash)))
    const signed = signAct({ log: this.#log, parents: tips, ...(via === undefined ? {} : { via }), at, do: content }, by)
    this.learn([signed])
    return signed
  }

  /** The act that last let somebody act. */
  #viaOf({ author }: Identity): Uint8Array | undefined {
    return this.acts.findLast(({ act }) => {
      const { do: content } = act
      return (
        (content.type === 'add' && equalBytes(content.key, author)) ||
        (content.type === 'grant' && equalBytes(content.to, author.length === 34 ? author : author.subarray(34)))
      )
    })?.hash
  }
}

/** What a person does, by words: of devices and recovery keys named so. */
export class PersonView extends LogView {
  readonly person: DecodedPerson

  constructor(person: DecodedPerson, init: { at?: number; known?: Iterable<SignedAct> } = {}) {
    super(person.cid, init)
    this.person = person
  }

  static create(device = 'laptop', recovery = 'words'): PersonView {
    const nonce = sha256(utf8(`${device} ${recovery}`)).subarray(0, 16)
    return new PersonView(createPerson({ device: keyNamed(device), recovery: keyNamed(recovery).author, nonce }))
  }

  override fork(): PersonView {
    return new PersonView(this.person, { known: this.acts })
  }

  add(by: string, device: string, at?: number): SignedAct {
    const key = keyNamed(device)
    return this.#do(by, { type: 'add', key: key.author, label: device, proof: signDevice(this.person.cid, key) }, at)
  }

  revoke(by: string, device: string, until = 1_000_000, isVoid = false): SignedAct {
    return this.#do(by, { type: 'revoke', key: keyNamed(device).author, until, ...(isVoid && { void: true }) })
  }

  label(by: string, device: string, label: string, at?: number): SignedAct {
    return this.#do(by, { type: 'label', key: keyNamed(device).author, label }, at)
  }

  rotate(by: string, next: string): SignedAct {
    return this.#do(by, { type: 'rotate', next: sha256(keyNamed(next).author) })
  }

  confirm(by: string): SignedAct {
    return this.#do(by, { type: 'confirm' })
  }

  #do(by: string, content: PersonAct, at?: number): SignedAct {
    return this.act(keyNamed(by), content, at === undefined ? {} : { at })
  }
}
