#!/usr/bin/env bash
# py-libp2p 0.8.1: over WebRTC-direct, `close_write()` ends the reading side of a stream too, so that no answer can be read behind a question.
#
# Seen: one host writes, calls `close_write()` and reads; the other answers 200 ms later. Over TCP the answer comes. Over WebRTC-direct the read fails at
# once with "Read side is closed": the stream of a data channel has no `close_write` of its own, and `NetStream.close_write` falls back on its `close()`,
# which ends both sides.
# Expected ("Close the stream for writing only", as `NetStream.close_write` says of itself; libp2p's WebRTC specification, FIN): the other direction stays open.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check libp2p==0.8.1 aiortc==1.16.0
cat > half.py <<'PY'
import sys
import multiaddr, trio
from libp2p import new_host
from libp2p.peer.peerinfo import info_from_p2p_addr

KINDS = {'tcp': ('/ip4/127.0.0.1/tcp/0', {}), 'webrtc-direct': ('/ip4/127.0.0.1/udp/0/webrtc-direct', {'enable_webrtc': True})}

async def ask(listen, options):
    """What comes back on a stream whose write side was ended behind the question."""
    answerer, asker = new_host(**options), new_host(**options)
    async def answer(stream):
        await stream.read(8)
        await trio.sleep(0.2)
        await stream.write(b'answer')
        await stream.close_write()
    answerer.set_stream_handler('/ask/1', answer)
    async with answerer.run(listen_addrs=[multiaddr.Multiaddr(listen)]), asker.run(listen_addrs=[]):
        await asker.connect(info_from_p2p_addr(answerer.get_addrs()[0]))
        stream = await asker.new_stream(answerer.get_id(), ['/ask/1'])
        await stream.write(b'question')
        await stream.close_write()
        try:
            with trio.fail_after(10):
                return (await stream.read(6)).decode()
        except Exception as error:
            return f'{type(error).__name__}: {error}'

async def main():
    for name, (listen, options) in KINDS.items():
        print(f'{name}: {await ask(listen, options)}', flush=True)
trio.run(main)
PY
timeout 120 venv/bin/python half.py 2> log.txt | tee seen.txt || { cat log.txt >&2; exit 1; }
diff seen.txt - <<'SEEN'
tcp: answer
webrtc-direct: StreamError: Read operation failed: Read side is closed
SEEN
