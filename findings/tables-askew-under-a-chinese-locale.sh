#!/usr/bin/env bash
# tablewriter 0.0.5 measures with go-runewidth, which under a Chinese, Japanese or
# Korean locale takes a Russian letter (East Asian width "ambiguous") for two columns.
# A terminal (tmux here) draws it in one: a table of Russian words stands askew for
# a person whose locale is Chinese, though not one Chinese character is in it.
# Needs: go, tmux.
set -euo pipefail
dir=$(mktemp -d); trap 'tmux -L width-finding kill-server 2>/dev/null || true; chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"
cat >go.mod <<'M'
module finding

go 1.24
M
cat >main.go <<'G'
package main

import (
	"os"

	"github.com/olekukonko/tablewriter"
)

func main() {
	t := tablewriter.NewWriter(os.Stdout)
	t.SetBorder(false)
	t.SetAutoWrapText(false)
	t.SetAutoFormatHeaders(false)
	t.Append([]string{"Загранпаспорт", "6000"})
	t.Append([]string{"Passport 2026", "6000"})
	t.Render()
}
G
go get github.com/olekukonko/tablewriter@v0.0.5 github.com/mattn/go-runewidth@v0.0.31 >/dev/null 2>&1
go build -o table .
column() { # of the separator, counted in characters, in a line
  local before=${1%%|*}; printf '%s' "$before" | LC_ALL=C.UTF-8 wc -m; }
drawn() { # where the cursor stands behind the Russian word
  tmux -L width-finding -f /dev/null new-session -d -x 80 -y 5 "printf Загранпаспорт; sleep 5"
  local x=0
  for _ in $(seq 50); do x=$(tmux -L width-finding display -p '#{cursor_x}'); [ "$x" = 0 ] || break; sleep 0.1; done
  tmux -L width-finding kill-server; printf '%s' "$x"; }
echo "tablewriter v0.0.5, go-runewidth v0.0.31, $(tmux -V)"
terminal=$(LC_ALL=C.UTF-8 drawn)
echo "tmux draws 13 Russian letters in $terminal columns"
for locale in ru_RU.UTF-8 zh_CN.UTF-8; do
  LC_ALL=$locale ./table >"$locale"
  mapfile -t line <"$locale"
  echo "$locale: the separator stands behind $(column "${line[0]}") and $(column "${line[1]}") characters"
  cat "$locale"
done
mapfile -t ru <ru_RU.UTF-8; mapfile -t zh <zh_CN.UTF-8
[ "$terminal" = 13 ] && [ "$(column "${ru[0]}")" = "$(column "${ru[1]}")" ] &&
  [ $(($(column "${zh[1]}") - $(column "${zh[0]}"))) = 13 ] || { echo "changed"; exit 1; }
echo "as found: under the Chinese locale the columns are 13 apart"
