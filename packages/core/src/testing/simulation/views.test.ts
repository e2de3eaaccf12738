import { expect, it } from 'vitest'
import { sha256 } from '#crypto'
import { toHex } from '../../model/bytes.ts'
import { DRAINING_SERVICE, isMember, STORAGE_SERVICE } from '../../placement/membership.ts'
import { Draws, Placement } from '../../placement/placement.ts'
import { seededRandom } from '../random.ts'
import { Board } from './board.ts'
import { EventQueue } from './event-queue.ts'
import { type Viewer, Views } from './views.ts'

const MINUTE_MS = 60_000
const network = sha256('network')

// Not both at once: the board keeps little for those who cannot read yet what is said on another island, and a view goes on with what it has read.
it.each([
  [1, 'wrong clocks', 10 * MINUTE_MS],
  [2, 'wrong clocks', 10 * MINUTE_MS],
  [3, 'islands', 2 * MINUTE_MS],
  [4, 'islands', 2 * MINUTE_MS],
])('a view that is only looked at where it may have changed is the one that all of it would be (seed %i, %s)', (seed, hostility, maxSkewMs) => {
  const random = seededRandom(seed)
  const events = new EventQueue()
  const [views, board, draws] = [new Views(events, { network, copies: 3 }), new Board(), new Draws(network)]
  const relays = Array.from({ length: 40 }, (_, index) => ({
    index,
    key: sha256(`relay ${index}`),
    skewMs: Math.round((random.next() * 2 - 1) * maxSkewMs),
    lagMs: random.below(MINUTE_MS),
    island: 0,
    since: events.now - 60 * MINUTE_MS,
    services: [STORAGE_SERVICE],
    isUp: true,
  }))
  for (const relay of relays) views.add(relay)
  const say = (relay: (typeof relays)[number]): void => {
    const said = { since: relay.since, at: events.now + relay.skewMs, services: relay.services, power: 3 }
    views.say(relay, said)
    board.say(relay.index, { ...said, saidAt: events.now, island: relay.island })
  }
  const whole = (viewer: Viewer): readonly string[] => {
    const { skewMs, lagMs, island } = viewer
    const reader = { time: events.now, lagMs, skewMs, island }
    const isIn = ({ index }: Viewer): boolean => {
      const said = board.read(index, reader)
      return said !== undefined && isMember(said, events.now + skewMs)
    }
    return relays.filter(isIn).map(({ key }) => toHex(key))
  }
  let seen = 0
  for (let minute = 0; minute < 600; minute++) {
    events.advance(random.below(2 * MINUTE_MS))
    const relay = random.pick(relays)
    const what = random.below(40)
    if (what < 3) relay.isUp = !relay.isUp
    else if (what < 5) relay.since = events.now + relay.skewMs
    else if (what < 6) relay.services = relay.services.length > 1 ? [STORAGE_SERVICE] : [STORAGE_SERVICE, DRAINING_SERVICE]
    else if (what < 7) {
      // As in the simulator, from one whole alone.
      if (hostility === 'islands' && relays.every(({ island }) => island === 0)) for (const one of relays) one.island = 1 + random.below(2)
    } else if (what < 9) {
      for (const one of relays) one.island = 0
      views.join()
      board.join()
    }
    if (minute % 5 === 0) for (const one of relays) if (one.isUp) say(one)
    for (const viewer of relays) {
      if (random.chance(0.5)) continue
      const members = views.of(viewer).members.map(({ key }) => toHex(key))
      expect(members).toEqual(whole(viewer).toSorted())
      seen += members.length
    }
  }
  expect(seen).toBeGreaterThan(1000)
  // What comes of it is what comes of a placement of its own.
  const [viewer] = relays
  if (viewer === undefined) throw new Error('nobody is there')
  const shared = views.of(viewer)
  const own = new Placement(draws, shared.members, 3)
  for (let sector = 0; sector < 64; sector++) expect(shared.ownerNames(sector)).toEqual(own.ownerNames(sector))
})
