/** What can be wrong with the way to a relay, by stable name: what the relay does, or is, and what to do about it. */
export const RELAY_FAULTS = {
  'relay-unreachable': {
    what: 'does not answer',
    fix: 'Check that it runs, that its address is right, and that firewalls let its ports through. It is tried again all the time',
  },
  'bad-certificate': {
    what: 'shows a certificate that is not trusted here, has expired, or is for another name',
    fix: 'Check the clock of this machine: certificates hold from one day to another. Whoever runs it renews it, or takes one of a public authority. For one of your own making, start Node with NODE_EXTRA_CA_CERTS=cert.pem',
  },
  'not-a-relay': {
    what: 'is not a docstore relay: something else answers there, or what does not keep documents',
    fix: 'Check the address, or join again with a current link',
  },
  'no-address': { what: 'tells no address that peers could dial', fix: 'Whoever runs it checks its --host and --announce' },
  'insecure-websocket': {
    what: 'has only insecure addresses, which browsers refuse to a page that came over https',
    fix: 'Whoever runs it gives it a certificate (--tls-cert and --tls-key), or a proxy that has one and its address (--public-url)',
  },
  'private-address': {
    what: 'has only addresses of a private network, which is not the one of this peer',
    fix: 'Whoever runs it names public ones with --announce or --public-url. In that network, open the page of the relay by its private address',
  },
  'other-network': {
    what: 'is in another network',
    fix: 'Join that network beside this one, with a link into it; or ask for a new link to yours',
  },
  'other-version': { what: 'speaks another version of the protocol', fix: 'Update docstore here, or ask who runs the relay to update it' },
  'not-invited': { what: 'admits only those who are invited', fix: 'Ask who runs the network for an invitation, and join with its link' },
  'invitation-expired': {
    what: 'does not admit this peer any more: by its clock, the invitation has expired',
    fix: 'Ask for a new invitation, and join with its link. If it should still hold, whoever runs the relay checks its clock',
  },
  'invitation-revoked': {
    what: 'does not admit this peer any more: the invitation was taken back',
    fix: 'Ask who runs the network, or join another one',
  },
  'relay-full': {
    what: 'is full: it has as many connections as it can serve',
    fix: 'Join a second relay of the network with its link; this one is tried again all the time',
  },
  'bad-hello': { what: 'did not greet as relays do', fix: 'Update docstore here, or ask who runs the relay to update it' },
  'no-hello': {
    what: 'took the connection and did not greet in time',
    fix: 'The line may be very slow, or the relay has too much to do: wait, or join another one',
  },
  'no-answer': {
    what: 'let this peer in, and does not answer what it asks',
    fix: 'It may have too much to do, or be broken: ask who runs it, or join another one. It is tried again all the time',
  },
} as const

/** What can be wrong with clocks, by stable name. A relay whose clock is wrong answers, and is no relay that cannot be reached. */
export const CLOCK_FAULTS = {
  'clock-skew': 'Set the clock of this machine, or that of the relay: what is written in the future is held back',
  'relay-clock':
    'Whoever runs the relay sets its clock. Until then it may hold back what is written here, or take what others hold back; write on, and join a second relay',
  'own-clock': 'Set the clock of this machine, best by itself from the network: what is written here is held back, and sent once the clock is right',
} as const

/** Stable name of something that can be wrong with the way to a relay. */
export type RelayFault = keyof typeof RELAY_FAULTS

/** The fault that an error code stands for; what has no name of its own is that the relay cannot be reached. */
export function relayFault(code: string | undefined): RelayFault {
  // Something of the network took the connection, and does not sync.
  if (code === 'unsupported-protocol') return 'not-a-relay'
  return code !== undefined && Object.hasOwn(RELAY_FAULTS, code) ? (code as RelayFault) : 'relay-unreachable'
}
