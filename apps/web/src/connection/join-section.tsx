import { type ReactNode, useState } from 'react'
import { NETWORK_HREF } from '../route.ts'
import { TEST_IDS } from '../test-ids.ts'
import { CopyField } from '../ui/copy-field.tsx'
import { MarkedText } from '../ui/marked-text.tsx'
import { QrCode } from '../ui/qr-code.tsx'

/** Which network this is, and the way in for others: a link to send, or a code for the camera of a phone. */
// Capitals say the same in a host, in the path of a join link and in a join text, and take a third less room in a code.
export function JoinSection({
  networkName,
  joinLink,
  isInviteOnly,
}: {
  readonly networkName: string
  readonly joinLink: string
  readonly isInviteOnly: boolean
}): ReactNode {
  const [isCodeShown, setCodeShown] = useState(false)
  return (
    <section className="panel-section">
      <div className="section-head">
        <h3>Network</h3>
        <button
          type="button"
          className="button-small"
          data-testid={TEST_IDS.joinQrShow}
          aria-expanded={isCodeShown}
          onClick={() => setCodeShown(!isCodeShown)}
        >
          {isCodeShown ? 'Hide QR code' : 'Show QR code'}
        </button>
      </div>
      <p data-testid={TEST_IDS.networkName} data-value={networkName}>
        <MarkedText text={networkName} /> · <a href={NETWORK_HREF}>who is in it</a>
      </p>
      <p className="hint">
        {isInviteOnly ? 'Whoever opens this link needs an invitation too, to take part' : 'Whoever opens this link takes part'}
        {isLocal(location.hostname) ? '; it works on this machine only.' : '.'}
      </p>
      <CopyField label="Join link" value={joinLink} testId={TEST_IDS.joinLink} copyTestId={TEST_IDS.joinLinkCopy} />
      {isCodeShown ? <QrCode text={joinLink.toUpperCase()} label="The join link as a QR code" testId={TEST_IDS.joinQr} /> : null}
    </section>
  )
}

function isLocal(host: string): boolean {
  return /^(localhost|127\..*|\[::1\])$/.test(host)
}
