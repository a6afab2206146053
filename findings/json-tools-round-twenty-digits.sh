#!/usr/bin/env bash
# JSON tools keep numbers as doubles: a КБК of twenty digits, given as a number,
# comes back with its last three digits zero. RFC 8259, section 6, allows it.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
apt-get download -qq jq=1.6-2.1+deb12u3 libjq1=1.6-2.1+deb12u3 libonig5=6.9.8-1 >/dev/null
for p in ./*.deb; do dpkg -x "$p" root; done
in='{"kbk":18210604012021000110}'
jq() { LD_LIBRARY_PATH=$(echo root/usr/lib/*-linux-gnu) root/usr/bin/jq "$@"; }
a=$(jq -c . <<<"$in")
b=$(node -e 'process.stdout.write(JSON.stringify(JSON.parse(process.argv[1])))' "$in")
echo "$(jq --version), node $(node --version)"
echo "given:      $in"
echo "jq:         $a"
echo "JavaScript: $b"
want='{"kbk":18210604012021000000}'
[ "$a" = "$want" ] && [ "$b" = "$want" ] || { echo "changed: expected $want of both"; exit 1; }
echo "as found: the last digits are gone, and nothing says so"
