#!/usr/bin/env bash
# A certificate from challenge to verification, on the embedded server: it shows the way, and certifies nothing.
# Needs dds-conformance on the PATH and openssl; leaves everything in the folder that is given (else a temporary one).
set -euo pipefail
folder=${1:-$(mktemp -d)}
mkdir -p "$folder" && cd "$folder"

for who in vendor certifier; do
  openssl genpkey -algorithm ed25519 -out "$who.pem" 2>/dev/null
  openssl pkey -in "$who.pem" -pubout -out "$who.pub.pem"
done

dds-conformance serve --lag 0.1 >server.txt &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
for _ in $(seq 300); do grep -q '^storage:' server.txt && break || sleep 0.1; done
value() { sed -n "s/^$1: *//p" server.txt; }
export DDS_API_TOKEN DDS_OTHER_API_TOKEN
DDS_API_TOKEN=$(value token)
DDS_OTHER_API_TOKEN=$(value "second user's token")
target=$(value "base URL")
what=(--product "Embedded DDS 0" --organisation "Nobody" --contact "nobody@example.org" --demo)

echo "== the certifier: challenge"
dds-conformance challenge --target "$target" --days 1 --key certifier.pem -o challenge.json
echo "== the vendor: run"
dds-conformance run --target "$target" --target-version 0 --effort quick --challenge challenge.json \
  --certify "${what[@]}" --report-dir report --quiet
echo "== the vendor: certify"
dds-conformance certify report --key vendor.pem "${what[@]}" -o bundle.tgz
echo "== anybody: verify"
offline=()
unshare -rn true 2>/dev/null && offline=(unshare -rn)
"${offline[@]}" dds-conformance verify bundle.tgz --key vendor.pub.pem --challenge challenge.json \
  --certifier-key certifier.pub.pem --demo
echo "everything is in $folder"
