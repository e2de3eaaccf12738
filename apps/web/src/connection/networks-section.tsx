import type { NetworkInfo } from 'p2p-docstore'
import { type ReactNode, useState } from 'react'
import { networkTitle } from '../network/network-names.ts'
import { errorCode, errorText } from '../store/error-text.ts'
import { useNetworks } from '../store/networks-context.ts'
import { TEST_IDS } from '../test-ids.ts'
import { MarkedText } from '../ui/marked-text.tsx'

/** The networks that this page is in: each with documents, connections and a peer id of its own. Joins further ones, and leaves them. */
export function NetworksSection(): ReactNode {
  const { networks, shown, show } = useNetworks()
  const [leaving, setLeaving] = useState<string>()
  const [error, setError] = useState<string>()
  return (
    <section className="panel-section">
      <h3>Networks of this page</h3>
      <ul className="plain-list">
        {networks.map((network) => (
          <li key={network.id} data-testid={TEST_IDS.networkItem} data-id={network.id} data-shown={network.id === shown}>
            <div className="section-head">
              <span>
                <MarkedText text={networkTitle(network, networks)} />
              </span>
              <span className="actions">
                {network.id === shown ? null : (
                  <button
                    type="button"
                    className="button-small"
                    data-testid={TEST_IDS.networkShow}
                    onClick={() => {
                      show(network.id).catch((cause: unknown) => setError(errorText(cause)))
                    }}
                  >
                    Show
                  </button>
                )}
                {leaving === network.id ? null : (
                  <button type="button" className="button-small" data-testid={TEST_IDS.networkLeave} onClick={() => setLeaving(network.id)}>
                    Leave
                  </button>
                )}
              </span>
            </div>
            {network.error === undefined ? null : (
              <p role="alert" className="error">
                It could not be opened: {network.error}.
              </p>
            )}
            {leaving === network.id ? <LeaveQuestion network={network} onDone={() => setLeaving(undefined)} /> : null}
          </li>
        ))}
      </ul>
      {error === undefined ? null : (
        <p role="alert" className="error">
          {error}
        </p>
      )}
      <JoinForm />
    </section>
  )
}

/** Asks before everything of a network is removed, and again where that would lose something. */
function LeaveQuestion({ network, onDone }: { readonly network: NetworkInfo; readonly onDone: () => void }): ReactNode {
  const { leave } = useNetworks()
  const [isLeaving, setIsLeaving] = useState(false)
  const [failure, setFailure] = useState<{ readonly text: string; readonly wouldLose: boolean }>()
  const leaveNow = async (): Promise<void> => {
    setIsLeaving(true)
    try {
      await leave(network.id, { force: failure?.wouldLose === true })
      onDone()
    } catch (error) {
      setFailure({ text: errorText(error), wouldLose: errorCode(error) === 'not-delivered' })
      setIsLeaving(false)
    }
  }
  return (
    <div role="group" aria-label={`Leave ${network.name}`}>
      <p className="hint">Everything of this network is removed from this browser. Others keep what they have, and its link leads back.</p>
      {failure === undefined ? null : (
        <p role="alert" className="error" data-testid={TEST_IDS.joinError}>
          {failure.text}.
        </p>
      )}
      <div className="actions">
        <button
          type="button"
          className="button-small button-danger"
          data-testid={TEST_IDS.networkLeaveConfirm}
          disabled={isLeaving}
          onClick={() => void leaveNow()}
        >
          {isLeaving ? 'Leaving…' : failure?.wouldLose === true ? 'Leave, and lose it' : 'Leave it'}
        </button>
        <button type="button" className="button-small" disabled={isLeaving} onClick={onDone}>
          Stay
        </button>
      </div>
    </div>
  )
}

/** Takes the link of a further network. */
function JoinForm(): ReactNode {
  const { join } = useNetworks()
  const [link, setLink] = useState('')
  const [error, setError] = useState<string>()
  const [isJoining, setIsJoining] = useState(false)
  const joinNow = async (): Promise<void> => {
    setIsJoining(true)
    try {
      await join(link)
    } catch (cause) {
      setError(errorText(cause))
      setIsJoining(false)
    }
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void joinNow()
      }}
    >
      <label className="field">
        <span>Join one more beside them</span>
        <span className="inline-field">
          <input
            data-testid={TEST_IDS.joinField}
            value={link}
            placeholder="Join link"
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            onChange={({ target }) => {
              setLink(target.value)
              setError(undefined)
            }}
          />
          <button type="submit" data-testid={TEST_IDS.joinSubmit} disabled={isJoining || link.trim() === ''}>
            {isJoining ? 'Joining…' : 'Join'}
          </button>
        </span>
      </label>
      {error === undefined ? null : (
        <p role="alert" className="error" data-testid={TEST_IDS.joinError}>
          <MarkedText text={error} />.
        </p>
      )}
    </form>
  )
}
