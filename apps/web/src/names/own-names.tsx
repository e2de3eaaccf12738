import type { Docstore, NameInfo } from 'p2p-docstore'
import { type FormEvent, type ReactNode, useCallback, useState } from 'react'
import { whoAmI } from '../people/who-am-i.ts'
import { errorCode, errorText } from '../store/error-text.ts'
import { useLive } from '../store/use-live.ts'
import { TEST_IDS } from '../test-ids.ts'
import { Moment } from '../ui/moment.tsx'
import { NameFound } from './name-found.tsx'

/** How long others may take to answer before it is said that they did not, milliseconds. */
const PATIENCE_MS = 15_000

type Said = { readonly text: string; readonly code?: string } | { readonly info: NameInfo }

/** The usernames that this network granted to whoever uses this page, the way to further ones, and who has which. */
export function OwnNames({ store }: { readonly store: Docstore }): ReactNode {
  const { names, fault, lookAgain } = useOwnNames(store)
  const [wanted, setWanted] = useState('')
  const [said, setSaid] = useState<Said>()
  const [isBusy, setBusy] = useState(false)
  const act = async (work: () => Promise<Said>): Promise<boolean> => {
    setBusy(true)
    setSaid(undefined)
    try {
      setSaid(await work())
      lookAgain()
      return true
    } catch (error) {
      setSaid({ text: errorText(error), code: errorCode(error) })
      return false
    } finally {
      setBusy(false)
    }
  }
  if (fault?.code === 'no-name-authority')
    return (
      <section className="panel-section" data-testid={TEST_IDS.names} data-granted="false">
        <h3>Your usernames</h3>
        <p className="hint">
          This network grants no usernames: nobody is named in it who could say no to a second @alice. A name of your own domain, such as
          alice@example.org, works here too: set it above.
        </p>
      </section>
    )
  const claim = (event: FormEvent): void => {
    event.preventDefault()
    void act(async () => {
      const { name } = await store.names.claim(wanted, { timeoutMs: PATIENCE_MS })
      return { text: `@${name} is yours.` }
    }).then((isDone) => isDone && setWanted(''))
  }
  return (
    <section className="panel-section" data-testid={TEST_IDS.names} data-granted="true" aria-busy={isBusy}>
      <h3>Your usernames</h3>
      {fault === undefined ? null : <p role="alert">{fault.text}</p>}
      <ul className="plain-list">
        {names.map((info) => (
          <OwnName key={info.name} store={store} info={info} isBusy={isBusy} act={act} />
        ))}
      </ul>
      <form className="inline-field" onSubmit={claim}>
        <input
          aria-label="A username"
          placeholder="alice"
          value={wanted}
          maxLength={34}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          data-testid={TEST_IDS.nameWanted}
          onChange={(event) => setWanted(event.target.value)}
        />
        <button type="submit" className="button-small" data-testid={TEST_IDS.nameClaim} disabled={isBusy || wanted.trim() === ''}>
          Claim it
        </button>
        <button
          type="button"
          className="button-small"
          data-testid={TEST_IDS.nameShow}
          disabled={isBusy || wanted.trim() === ''}
          onClick={() => void act(async () => ({ info: await store.names.show(wanted) }))}
        >
          Who has it?
        </button>
      </form>
      <p className={said !== undefined && 'code' in said ? 'error' : 'hint'} role="status" data-testid={TEST_IDS.nameSaid} data-code={codeOf(said)}>
        {isBusy ? 'Asking…' : said === undefined ? null : 'info' in said ? <NameFound info={said.info} /> : said.text}
      </p>
    </section>
  )
}

function codeOf(said: Said | undefined): string | undefined {
  return said !== undefined && 'code' in said ? said.code : undefined
}

/** One of them, with what its holder does about it. */
function OwnName({
  store,
  info: { name, state, until },
  isBusy,
  act,
}: {
  readonly store: Docstore
  readonly info: NameInfo
  readonly isBusy: boolean
  readonly act: (work: () => Promise<Said>) => Promise<boolean>
}): ReactNode {
  const [wish, setWish] = useState<'give' | 'release'>()
  const [to, setTo] = useState('')
  const give = async (): Promise<Said> => {
    const who = to.trim()
    // Somebody may have an id and no profile.
    const person = who.startsWith('bafyrei') ? who : (await store.profiles.show(who)).person
    await store.names.transfer(name, person, { timeoutMs: PATIENCE_MS })
    return { text: `@${name} is theirs once they claim it. Until then it stays yours.` }
  }
  const toggle = (next: 'give' | 'release'): void => setWish(wish === next ? undefined : next)
  return (
    <li className="device" data-testid={TEST_IDS.ownName} data-name={name} data-state={state}>
      <span>
        <strong>@{name}</strong>
        <span className="hint">
          {state === 'grace' ? 'has run out; claim it again before ' : 'yours until '}
          {until === undefined ? null : <Moment at={until} />}
        </span>
      </span>
      <span className="actions">
        <button type="button" className="button-small" data-testid={TEST_IDS.nameGive} aria-expanded={wish === 'give'} onClick={() => toggle('give')}>
          Give it away
        </button>
        <button
          type="button"
          className="button-small"
          data-testid={TEST_IDS.nameRelease}
          aria-expanded={wish === 'release'}
          onClick={() => toggle('release')}
        >
          Give it up
        </button>
      </span>
      {wish === 'give' ? (
        <form
          className="inline-field"
          onSubmit={(event) => {
            event.preventDefault()
            void act(give).then((isDone) => isDone && setWish(undefined))
          }}
        >
          <input
            aria-label={`Who gets ${name}`}
            placeholder="@bob, a name, or an id"
            value={to}
            autoComplete="off"
            data-testid={TEST_IDS.nameTo}
            onChange={(event) => setTo(event.target.value)}
          />
          <button type="submit" className="button-small" data-testid={TEST_IDS.nameGiveConfirm} disabled={isBusy || to.trim() === ''}>
            Give it
          </button>
        </form>
      ) : null}
      {wish === 'release' ? (
        <div className="actions">
          <p className="hint">For 90 days only you get it back; then anybody may claim it, and be taken for you.</p>
          <button
            type="button"
            className="button-danger"
            data-testid={TEST_IDS.nameReleaseConfirm}
            disabled={isBusy}
            onClick={() =>
              void act(async () => {
                await store.names.release(name, { timeoutMs: PATIENCE_MS })
                return { text: `You gave @${name} up.` }
              })
            }
          >
            Give up @{name}
          </button>
        </div>
      ) : null}
    </li>
  )
}

function useOwnNames(store: Docstore): {
  readonly names: readonly NameInfo[]
  readonly fault: { readonly code: string; readonly text: string } | undefined
  readonly lookAgain: () => void
} {
  const [times, setTimes] = useState(0)
  const load = useCallback(async () => {
    try {
      return { names: await store.names.of(whoAmI(store)), fault: undefined }
    } catch (error) {
      return { names: [], fault: { code: errorCode(error), text: errorText(error) } }
    }
  }, [store, times])
  const subscribe = useCallback(() => () => undefined, [])
  const { value } = useLive(load, subscribe)
  return { names: value?.names ?? [], fault: value?.fault, lookAgain: useCallback(() => setTimes((last) => last + 1), []) }
}
