#!/usr/bin/env bash
# npm 11.19.1: `npx PROGRAM` that gets SIGTERM ends, and PROGRAM goes on without it.
#
# Seen: npx starts `sh -c PROGRAM` and hands the signal to that shell, which ends by it and tells nobody. PROGRAM has another parent then, keeps its ports, and a
# supervisor that watches npx takes it for ended. Expected: the signal reaches the program, as Ctrl-C does, which a terminal sends to all of them.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/pid")" 2> /dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
mkdir program
cat > program/package.json <<'JSON'
{ "name": "program", "version": "1.0.0", "bin": "program.js" }
JSON
cat > program/program.js <<'JS'
#!/usr/bin/env node
require('fs').writeFileSync('pid', String(process.pid))
process.on('SIGTERM', () => process.exit(0))
setTimeout(() => {}, 60000)
JS
chmod +x program/program.js
echo '{"private":true}' > package.json
npm install --silent --no-audit --no-fund npm@11.19.1 ./program
./node_modules/.bin/npx program &
npx=$!
for _ in $(seq 300); do [ -s pid ] && break; sleep 0.1; done
kill -TERM $npx
wait $npx || true
sleep 1
kill -0 "$(cat pid)" && echo 'npx ended, the program runs' | tee seen.txt
diff seen.txt - <<'SEEN'
npx ended, the program runs
SEEN
