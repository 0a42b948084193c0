#!/usr/bin/env bash
# The network of `./dev run`, on 127.0.0.1: a witness, a public log, a team of analysts with 2-of-3 keys that releases the
# rules that ship, and an endpoint that updates itself from there.
#
#   source tools/demo_network.sh       (from tools/demo.sh, which sets `bin` and `demo` and ends what is started here)
#
# Sets DAYLIGHT_STATE: from then on `daylight` uses the endpoint's rules. All state is in $demo/network.
net=$demo/network
mkdir -p "$net"
servers=()

stop_servers() {
  local pid
  for pid in "${servers[@]}"; do
    kill "$pid" 2>/dev/null || true
  done
}
trap stop_servers EXIT

show() { printf '\033[2m$ %s\033[0m\n' "${*//$bin\//}"; "$@"; }

# serve NAME COMMAND...: starts a server and waits for its first line, which tells its ports.
serve() {
  local name=$1
  shift
  "$@" >"$net/$name.out" 2>"$net/$name.err" &
  servers+=($!)
  for _ in $(seq 100); do
    if [ -s "$net/$name.out" ]; then return; fi
    if ! kill -0 "${servers[-1]}" 2>/dev/null; then break; fi
    sleep 0.1
  done
  if [ ! -s "$net/$name.out" ]; then
    echo "$name does not start:" >&2
    cat "$net/$name.err" >&2
    exit 1
  fi
}
port_of() { sed -nE "s/.*\b$2[= ]([0-9]+).*/\1/p" "$net/$1.out" | head -1; }

say "1. A network: a witness, and a public log that publishes nothing without it"
witness_key=$("$bin/daylight-audit" keygen demo.example/witness --out "$net/witness.key")
log_key=$("$bin/daylight-node" keygen demo.example/log --out "$net/log.key")
printf 'log %s\nquorum none\n' "$log_key" >"$net/logs"
serve witness "$bin/daylight-audit" witness --key "$net/witness.key" --dir "$net/witness" --logs "$net/logs" --listen 127.0.0.1:0
printf 'log %s\nwitness w %s http://127.0.0.1:%s/\nquorum w\n' "$log_key" "$witness_key" "$(port_of witness listen)" >"$net/policy"
"$bin/daylight-node" init --dir "$net/log" --key "$net/log.key"
serve log "$bin/daylight-node" log --dir "$net/log" --key "$net/log.key" --policy "$net/policy" \
  --listen 127.0.0.1:0 --submit 127.0.0.1:0
cat "$net/policy"

say "2. A release of the rules that ship: proposed by one, reviewed by another, signed by two of three"
team() { show "$bin/daylight-release" --workspace "$net/team" --quiet "$@"; }
team init --demo --no-passphrase --policy "$net/policy" --log "http://127.0.0.1:$(port_of log listen)/" \
  --submit "http://127.0.0.1:$(port_of log submit)/" >/dev/null
team propose rules --author alice --reason "the rules that ship" --rollout 100:0 --json | tee "$net/proposal.json"
proposal=$(python3 -c 'import json, sys; print(json.loads(sys.stdin.read().splitlines()[-1])["id"])' <"$net/proposal.json")
team test "$proposal" --known-good /usr/bin/cmake --known-good /usr/bin/python3 --known-good /usr/bin/bash
team review "$proposal" --analyst bob --accept --reason "read all of it"
team sign "$proposal" --key "$net/team/keys/rules-1.pem" --key "$net/team/keys/rules-2.pem"
team publish "$proposal"

say "3. A third party checks: who signed what, and that the bundle is what its sources give; its verdict goes into the log"
show "$bin/daylight-audit" monitor --once --policy "$net/policy" --state "$net/monitor" --root "$net/team/updates/root.json" \
  --bundles "$net/team/updates" --key "$net/team/keys/rebuild-1.pem" \
  --submit "http://127.0.0.1:$(port_of log submit)/" "http://127.0.0.1:$(port_of log listen)/"
show "$bin/daylight-audit" rebuild --sources rules --sha256 "$(sha256sum "$net"/team/updates/bundles/*.bundle | cut -d' ' -f1)"
sleep 1.5 # the log publishes the verdict with its next checkpoint
team publish --updates

say "4. This machine trusts that network, and takes the update: from a mirror that nobody needs to trust"
serve mirror python3 -u -m http.server --bind 127.0.0.1 --directory "$net/team/updates" 0
export DAYLIGHT_STATE=$net/endpoint
show "$bin/daylight" trust "$net/team/updates/root.json" --policy "$net/team/updates/policy" \
  --mirror "http://127.0.0.1:$(port_of mirror port)/"
show "$bin/daylight" update
show "$bin/daylight" verify
show "$bin/daylight" log
