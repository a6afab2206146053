#!/usr/bin/env bash
# LibreOffice without a window reads CSV as Windows-1252 and comma-separated even
# when the file begins with a UTF-8 mark; the filter's options have to say otherwise.
# It is too large to install for a moment: the Debian package that is there is used.
set -euo pipefail
version=$(dpkg-query -W -f='${Version}' libreoffice-calc 2>/dev/null) || { echo "install libreoffice-calc first"; exit 2; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
printf '\xef\xbb\xbfИмя;Сумма\r\nЁжиков;1500,00\r\n' >in.csv
office() { # the folder, then options
  soffice "-env:UserInstallation=file://$dir/profile" --headless "${@:2}" --convert-to 'html:HTML (StarCalc)' --outdir "$1" in.csv >/dev/null 2>&1
}
first() { grep -m1 -A1 '<td' "$1/in.html" | sed 's/<[^>]*>//g' | tr -d '\t\n'; }
office plain
office told --infilter='CSV:59,34,76'
echo "libreoffice-calc $version"
echo "given (UTF-8 with a mark):     Имя;Сумма"
echo "first cell, not told anything: $(first plain)"
echo "first cell with CSV:59,34,76:  $(first told)"
grep -q 'Имя' told/in.html || { echo "changed: not even the option helps"; exit 1; }
! grep -q 'Имя' plain/in.html || { echo "changed: the mark is understood now"; exit 1; }
echo "as found: the mark is not understood"
