#!/usr/bin/env bash
# go-ipld-prime 0.24.0: its DAG-JSON codec cannot read whole numbers beyond 64 bits with sign, and writes some that it cannot read. Needs Go.
#
# Seen: 9223372036854775808 (2^63) and 100000000000000000000 are refused with "value out of range", in digits with ".0" behind them too. 1e+20 is
# read, as a float, and written as 100000000000000000000: what the codec wrote does not come back. kubo 0.43.0 uses it, and one such block makes
# `ipfs dag import` refuse a whole CAR file.
# Expected: the codec reads what it writes. The DAG-JSON specification (ipld.io/specs/codecs/dag-json/spec, "Numbers") has whole numbers of any size, and
# floats with a decimal point.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat > go.mod <<'GOMOD'
module finding

go 1.24

require github.com/ipld/go-ipld-prime v0.24.0
GOMOD
cat > main.go <<'GO'
package main

import (
	"bytes"
	"fmt"

	"github.com/ipld/go-ipld-prime/codec/dagjson"
	"github.com/ipld/go-ipld-prime/node/basicnode"
)

func rewrite(text string) string {
	builder := basicnode.Prototype.Any.NewBuilder()
	if err := dagjson.Decode(builder, bytes.NewReader([]byte(text))); err != nil {
		return "refused: " + err.Error()
	}
	var written bytes.Buffer
	if err := dagjson.Encode(builder.Build(), &written); err != nil {
		return "cannot be written: " + err.Error()
	}
	return written.String()
}

func main() {
	for _, text := range []string{"9223372036854775807", "9223372036854775808", "-9223372036854775809", "100000000000000000000", "100000000000000000000.0", "1e+20", "1e+21"} {
		written := rewrite(text)
		fmt.Println(text, "->", written)
		if text == "1e+20" {
			fmt.Println(written, "->", rewrite(written))
		}
	}
}
GO
GOFLAGS=-mod=mod go run . | tee seen.txt
diff seen.txt - <<'SEEN'
9223372036854775807 -> 9223372036854775807
9223372036854775808 -> refused: strconv.ParseInt: parsing "9223372036854775808": value out of range
-9223372036854775809 -> refused: strconv.ParseInt: parsing "-9223372036854775809": value out of range
100000000000000000000 -> refused: strconv.ParseInt: parsing "100000000000000000000": value out of range
100000000000000000000.0 -> refused: strconv.ParseInt: parsing "100000000000000000000.0": value out of range
1e+20 -> 100000000000000000000
100000000000000000000 -> refused: strconv.ParseInt: parsing "100000000000000000000": value out of range
1e+21 -> 1e+21
SEEN
