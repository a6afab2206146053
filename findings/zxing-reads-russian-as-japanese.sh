#!/usr/bin/env bash
# ZXing guesses the character set of a QR code in byte mode. A payment code of
# ГОСТ Р 56042-2014 in Windows-1251, which has no ECI mark, with capital letters is
# taken for Shift_JIS: the payee becomes half-width katakana. Mixed text is taken
# for ISO 8859-1.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @zxing/library@0.23.0 qrcode@1.5.4 >/dev/null
cat >scan.js <<'JS'
const QR = require('qrcode'), Z = require('@zxing/library');
const cp1251 = s => Uint8Array.from([...s].map(c => { const n = c.codePointAt(0); return n < 128 ? n : n - 0x410 + 0xc0; }));
const q = QR.create([{ data: cp1251(process.argv[2]), mode: 'byte' }], { errorCorrectionLevel: 'M' });
const n = q.modules.size, scale = 4, quiet = 4, w = (n + 2 * quiet) * scale;
const lum = new Uint8ClampedArray(w * w).fill(255);
for (let y = 0; y < n; y++) for (let x = 0; x < n; x++) if (q.modules.get(y, x))
  for (let dy = 0; dy < scale; dy++) for (let dx = 0; dx < scale; dx++) lum[((y + quiet) * scale + dy) * w + (x + quiet) * scale + dx] = 0;
const bitmap = new Z.BinaryBitmap(new Z.HybridBinarizer(new Z.RGBLuminanceSource(lum, w, w)));
process.stdout.write(new Z.QRCodeReader().decode(bitmap).getText());
JS
tail='|PersonalAcc=03100643000000017300|BankName=X|BIC=004525988|CorrespAcc=40102810545370000003'
capital=$(node scan.js "ST00011|Name=УФК ПО Г. МОСКВЕ$tail")
mixed=$(node scan.js "ST00011|Name=УФК по г. Москве$tail")
echo "@zxing/library 0.23.0"
echo "drawn:   Name=УФК ПО Г. МОСКВЕ   scanned: ${capital%%|Personal*}"
echo "drawn:   Name=УФК по г. Москве   scanned: ${mixed%%|Personal*}"
[ "${capital%%|Personal*}" = "ST00011|Name=ﾓﾔﾊ ﾏﾎ ﾃ. ﾌﾎﾑﾊﾂﾅ" ] && [ "${mixed%%|Personal*}" = "ST00011|Name=ÓÔÊ ïî ã. Ìîñêâå" ] || { echo "changed"; exit 1; }
echo "as found: neither is Russian"
