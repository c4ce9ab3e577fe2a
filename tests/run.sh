#!/usr/bin/env bash
# Installs what the tests need (Debian, as root) and runs them all: formatting, lints, tests, shipped shows, docs.
set -euo pipefail
cd "$(dirname "$0")/.."

# program:package
needs=(cc:build-essential mosquitto:mosquitto mosquitto_passwd:mosquitto mosquitto_pub:mosquitto-clients
       oscsend:liblo-tools openssl:openssl systemd-analyze:systemd)
missing=()
for need in "${needs[@]}"; do
  command -v "${need%%:*}" >/dev/null 2>&1 || [ -x "/usr/sbin/${need%%:*}" ] || missing+=("${need##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "== installing: ${missing[*]}"
  [ "$(id -u)" = 0 ] || { echo "run this as root once, or install them yourself" >&2; exit 1; }
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # The broker that comes with the package must not start: the tests start their own.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

export INSTA_UPDATE=no

echo "== format"
cargo fmt --check

echo "== lints"
cargo clippy --locked --all-targets -- -D warnings

echo "== tests"
if cargo nextest --version >/dev/null 2>&1; then
  # Real brokers, sockets and processes on a busy machine: what passes only the second time is told as FLAKY.
  cargo nextest run --locked --no-fail-fast --retries 1
else
  cargo test --locked --no-fail-fast
fi

# Licences and duplicates are held to deny.toml by the tests above; where cargo-deny is, it looks at every platform too.
if cargo deny --version >/dev/null 2>&1; then
  echo "== dependencies"
  cargo deny --offline check licenses bans sources
fi

echo "== shipped shows"
cargo run --locked --quiet -- check --strict config/*.yaml

echo "== the unit"
exposure=$(systemd-analyze security --offline=true systemd/segue.service | tail -n 1)
echo "$exposure"
awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]+$/) { found = 1; if ($i > 2.0) exit 1 } } END { exit !found }' \
  <<<"$exposure"

echo "== docs"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items --quiet

echo "all fine"
