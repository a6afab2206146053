package qr

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// fine is a made-up traffic fine with requisites from public samples.
func fine() Payment {
	return Payment{
		Name: "УФК по г. Москве (УГИБДД)", Account: "03100643000000017300", BankName: "ГУ Банка России по ЦФО//УФК по г. Москве",
		BIK: "004525988", CorrespAcc: "40102810545370000003", Kopecks: 50000, Purpose: "Штраф по постановлению 18810177170325189254",
		PayeeINN: "7707083893", KPP: "770731005", KBK: "18811601123010000140", OKTMO: "45328000", DrawerStatus: "24",
		Basis: "0", TaxPeriod: "0", DocNo: "0", DocDate: "0", UIN: "18810177170325189254", LastName: "Тестов", FirstName: "Тест",
		Other: []Pair{{"Category", "1"}},
	}
}

func TestWhatIsWrittenReadsBackTheSame(t *testing.T) {
	for _, e := range []Encoding{Auto, UTF8, Windows1251} {
		want := fine()
		b, err := Encode(want, e)
		if err != nil {
			t.Fatal(e, err)
		}
		d, err := Decode(b)
		if err != nil {
			t.Fatal(e, err)
		}
		if len(d.Warnings) != 0 {
			t.Errorf("%s: warnings %v", e, d.Warnings)
		}
		if got, again := mustEncode(t, d.Payment, e), b; !bytes.Equal(got, again) {
			t.Errorf("%s:\n%s\n%s", e, got, again)
		}
	}
}

func mustEncode(t testing.TB, p Payment, e Encoding) []byte {
	t.Helper()
	b, err := Encode(p, e)
	if err != nil {
		var f *fault.Error
		errors.As(err, &f)
		t.Fatalf("%v %+v", err, f)
	}
	return b
}

func TestAVerticalBarInAValueChangesTheSeparator(t *testing.T) {
	p := fine()
	p.Purpose = "a|b@c"
	b := mustEncode(t, p, UTF8)
	if b[7] != ';' {
		t.Fatalf("separator %q", b[7])
	}
	d, err := Decode(b)
	if err != nil || d.Payment.Purpose != p.Purpose {
		t.Fatal(err, d)
	}
}

func TestEverythingWrongWithAPaymentIsSaidAtOnce(t *testing.T) {
	p := fine()
	p.Name = ""
	p.BankName = strings.Repeat("б", 46)
	p.KPP = "77070100"
	p.Kopecks = -1
	p.Purpose = "сумма 5 ₽\x1b[2J"
	p.Account = "40702810138250123018"
	p.BIK, p.CorrespAcc = "044525225", "30101810500000000650"
	p.Other = []Pair{{"Nonsense", "1"}}
	_, err := Encode(p, Windows1251)
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatal(err)
	}
	said := map[string]bool{}
	var text strings.Builder
	for _, x := range f.Fields {
		said[x.Name] = true
		text.WriteString(x.Name + ": " + x.Message.In(i18n.RU) + "\n")
	}
	for _, key := range []string{"Name", "BankName", "KPP", "Sum", "Purpose", "PersonalAcc", "CorrespAcc", "Nonsense"} {
		if !said[key] {
			t.Errorf("%s is not reported in\n%s", key, text.String())
		}
	}
	if !strings.Contains(text.String(), "«₽» (U+20BD, 9-й по счёту)") {
		t.Errorf("the ruble sign is not named:\n%s", text.String())
	}
}

func TestTheMandatoryBlockKeepsToThreeHundredBytes(t *testing.T) {
	p := fine()
	p.Name = strings.Repeat("П", 130)
	if _, err := Encode(p, UTF8); err == nil {
		t.Error("a block over 300 bytes was written")
	}
	b := mustEncode(t, p, Auto)
	if b[6] != '1' {
		t.Errorf("encoding %c was chosen, though only Windows-1251 fits", b[6])
	}
	p.Name = strings.Repeat("П", 160)
	p.BankName = strings.Repeat("Б", 45)
	if _, err := Encode(p, Auto); err == nil {
		t.Error("a block that fits in no encoding was written")
	}
}

const publicSample = `ST00012|Name=ООО «Три кита»|PersonalAcc=40702810138250123017|BankName=ОАО "БАНК"|BIC=044525225|CorrespAcc=30101810965770000413|`

func TestAnAccountThatFailsItsKeyIsReadAndRefused(t *testing.T) {
	d, err := Decode([]byte(publicSample))
	if fault.ExitOf(err) != exitcode.Usage || d == nil {
		t.Fatal(d, err)
	}
	if d.Payment.Name != "ООО «Три кита»" || d.Valid() || len(d.Faults) != 1 || d.Faults[0].Name != "CorrespAcc" {
		t.Errorf("got %+v", d)
	}
}

func TestAWrongDecodingIsUndoneForEveryEncodingOfTheStandard(t *testing.T) {
	for _, text := range []string{
		"|Name=УФК по Республике Башкортостан|PersonalAcc=03214643000000010100|BankName=ОТДЕЛЕНИЕ-НБ РЕСПУБЛИКА БАШКОРТОСТАН|BIC=018073401|CorrespAcc=40102810045370000067|Purpose=Штраф по постановлению №5",
		"|Name=ООО «Три кита»|PersonalAcc=03214643000000010100|BankName=Банк|BIC=018073401|CorrespAcc=40102810045370000067|Purpose=За обучение, Ёжиков Щукарь",
		"|Name=ИП ЩЕРБАКОВ|PersonalAcc=03214643000000010100|BankName=СБЕРБАНК|BIC=018073401|CorrespAcc=40102810045370000067|Purpose=ОПЛАТА ЖКУ",
	} {
		for _, e := range []Encoding{Windows1251, UTF8, KOI8R} {
			raw := []byte(text)
			if e != UTF8 {
				raw = raw[:0]
				for _, r := range text {
					b, ok := e.table().EncodeRune(r)
					if !ok {
						b = '"' // «» and № are not in KOI8-R
					}
					raw = append(raw, b)
				}
			}
			for name, wrong := range map[string]*charmap.Charmap{"as it is": nil, "latin-1": charmap.ISO8859_1, "windows-1252": charmap.Windows1252, "windows-1251": charmap.Windows1251, "koi8-r": charmap.KOI8R, "cp866": charmap.CodePage866,
				"iso-8859-5": charmap.ISO8859_5, "mac-cyrillic": charmap.MacintoshCyrillic, "cp437": charmap.CodePage437, "cp850": charmap.CodePage850, "mac-roman": charmap.Macintosh} {
				if e != UTF8 && wrong == e.table() {
					continue
				}
				in := string(raw)
				if wrong != nil {
					in = decodeAs(wrong, raw)
				}
				if wrong == charmap.Windows1252 || wrong == charmap.ISO8859_5 { // as browsers read the bytes that it leaves out
					in = ""
					for _, b := range raw {
						if r := wrong.DecodeByte(b); r != utf8.RuneError {
							in += string(r)
						} else {
							in += string(rune(b))
						}
					}
				}
				d, err := Decode([]byte("ST0001" + string(rune(e)) + in))
				if err != nil {
					t.Errorf("%s read as %s: %v %+v", e, name, err, d)
					continue
				}
				if want, _, _ := strings.Cut(strings.TrimPrefix(text, "|Name="), "|"); strings.NewReplacer("«", `"`, "»", `"`).Replace(want) != strings.NewReplacer("«", `"`, "»", `"`).Replace(d.Payment.Name) {
					t.Errorf("%s read as %s: %q by %s", e, name, d.Payment.Name, d.Used)
				}
			}
		}
	}
}

func TestNoWrongDecodingGivesAGarbagePayeeAndAGoodVerdict(t *testing.T) {
	const text = "|Name=УФК по г. Москве|PersonalAcc=03100643000000017300|BankName=ГУ БАНКА РОССИИ ПО ЦФО|BIC=004525988|CorrespAcc=40102810545370000003|Purpose=Госпошлина"
	for _, e := range []Encoding{Windows1251, UTF8, KOI8R} {
		raw := []byte(text)
		if e != UTF8 {
			raw = raw[:0]
			for _, r := range text {
				b, _ := e.table().EncodeRune(r)
				raw = append(raw, b)
			}
		}
		for _, wrong := range charmap.All {
			table, ok := wrong.(*charmap.Charmap)
			if !ok || table == charmap.CodePage037 || table == charmap.CodePage1047 || table == charmap.CodePage1140 { // these have no Latin letters where all others have them
				continue
			}
			d, err := Decode([]byte("ST0001" + string(rune(e)) + decodeAs(table, raw)))
			if err == nil && d.Payment.Name != "УФК по г. Москве" {
				t.Errorf("%s read as %s: %q by %s and no fault", e, table, d.Payment.Name, d.Used)
			}
		}
	}
}

func TestWhatAScannerHasSpoiltIsNamedAsItsDoing(t *testing.T) {
	for name, in := range map[string]string{
		"small ones":   "ST00011|Name=ﾓﾔﾊ ��� ﾃ.ﾌﾎﾑﾊﾂﾅ|PersonalAcc=03214643000000010100|BankName=ﾁﾀﾍﾊ|BIC=018073401|CorrespAcc=40102810045370000067",
		"a kanji":      "ST00011|Name=ﾓﾔﾊ 纃ersonalAcc=03214643000000010100|BankName=ﾁﾀﾍﾊ|BIC=018073401|CorrespAcc=40102810045370000067",
		"chinese":      "ST00012|Name=袨袨袨 袪芯屑邪褕泻邪|PersonalAcc=03214643000000010100|BankName=袘袗袧袣|BIC=018073401|CorrespAcc=40102810045370000067",
		"another set":  "ST00012|Name=ΟΟΟ Ρομασκα|PersonalAcc=03214643000000010100|BankName=ΒΑΝΚ|BIC=018073401|CorrespAcc=40102810045370000067",
		"lost letters": "ST00011|Name=\ufffd\ufffd\ufffd \ufffd\ufffd|PersonalAcc=03214643000000010100|BankName=\ufffd\ufffd|BIC=018073401|CorrespAcc=40102810045370000067",
	} {
		d, err := Decode([]byte(in))
		if fault.ExitOf(err) != exitcode.Usage || d == nil || len(d.Faults) == 0 || d.Faults[0].Name != "charset" || !strings.Contains(d.Faults[0].Message.In(i18n.RU), "сканер") {
			t.Errorf("%s: %+v %v", name, d, err)
		}
	}
}

func TestCapitalsThatAScannerTookForKatakanaAreRestoredAndItIsSaid(t *testing.T) {
	// As @zxing/library 0.23.0 reads a code whose letters are all capital.
	d, err := Decode([]byte("ST00011|Name=ﾓﾔﾊ ﾏﾎ ﾃ. ﾌﾎﾑﾊﾂﾅ|PersonalAcc=03214643000000010100|BankName=ﾃﾓ ﾁﾀﾍﾊﾀ ﾐﾎﾑﾑﾈﾈ|BIC=018073401|CorrespAcc=40102810045370000067"))
	if err != nil || d.Payment.Name != "УФК ПО Г. МОСКВЕ" || d.Payment.BankName != "ГУ БАНКА РОССИИ" || len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0].Message.In(i18n.RU), "сканер") {
		t.Errorf("%+v %v", d, err)
	}
}

func TestASumInRublesIsNamedAndTheRestIsRead(t *testing.T) {
	d, err := Decode([]byte(strings.Replace(publicSample, "30101810965770000413", "30101810400000000225", 1) + "Sum=1500.00"))
	if fault.ExitOf(err) != exitcode.Usage || d == nil || d.Payment.BIK != "044525225" || d.Payment.Kopecks != 0 || len(d.Faults) != 1 || !strings.Contains(d.Faults[0].Message.In(i18n.EN), "Sum=150000") {
		t.Errorf("%+v %v", d, err)
	}
}

func TestTheReaderForgivesWhatTheFieldPrints(t *testing.T) {
	body := `|Name=УФК по Республике Башкортостан|PersonalAcc=03214643000000010100|BankName=ОТДЕЛЕНИЕ-НБ РЕСПУБЛИКА БАШКОРТОСТАН|BIC=018073401|CorrespAcc=40102810045370000067|PayeeINN=0274975591|OKTMO=80613101|lastName=Тестов|UIN=18810177170325189254`
	cp := func(c *charmap.Charmap, s string) string {
		out, err := c.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	latin := func(raw string) string { return decodeAs(charmap.ISO8859_1, []byte(raw)) }
	for name, in := range map[string]string{
		"as the standard says":         "ST00012" + body,
		"separator at the end":         "ST00012" + body + "||\r\n",
		"byte order mark":              "\ufeffST00012" + body,
		"Windows-1251":                 "ST00011" + cp(charmap.Windows1251, body),
		"KOI8-R":                       "ST00013" + cp(charmap.KOI8R, body),
		"UTF-8 declared as 1":          "ST00011" + body,
		"Windows-1251 declared as 2":   "ST00012" + cp(charmap.Windows1251, body),
		"KOI8-R declared as 1":         "ST00011" + cp(charmap.KOI8R, body),
		"UTF-8 read as Latin-1":        "ST00012" + latin(body),
		"Windows-1251 read as Latin-1": "ST00011" + latin(cp(charmap.Windows1251, body)),
		"UTF-8 read as Windows-1251":   "ST00012" + decodeAs(charmap.Windows1251, []byte(body)),
		"other separator":              "ST00012" + strings.ReplaceAll(body, "|", "~"),
		"capital keys":                 "st00012" + strings.NewReplacer("Name=", "NAME=", "BIC", "bic", "UIN", "uin").Replace(body),
		"spaces around":                "ST00012" + strings.NewReplacer("|", "| ", "=", " = ").Replace(body),
		"another order":                "ST00012|UIN=18810177170325189254" + strings.TrimSuffix(body, "|UIN=18810177170325189254"),
		"zbarimg's name of the symbol": "QR-Code:ST00012" + body,
		"a hand-held scanner's":        "]Q1ST00012" + body,
		"the same key twice":           "ST00012" + body + "|BIC=018073401",
	} {
		d, err := Decode([]byte(in))
		if err != nil {
			var f *fault.Error
			errors.As(err, &f)
			t.Errorf("%s: %v %v", name, err, f.Fields)
			continue
		}
		p := d.Payment
		if p.Name != "УФК по Республике Башкортостан" || p.LastName != "Тестов" || p.UIN != "18810177170325189254" || p.BIK != "018073401" || p.OKTMO != "80613101" {
			t.Errorf("%s: read as %s: %+v", name, d.Used, p)
		}
	}
}

func TestWhatCouldMisleadIsRefused(t *testing.T) {
	head := "ST00012|Name=X|PersonalAcc=03214643000000010100|BankName=B|BIC=018073401|CorrespAcc=40102810045370000067"
	for name, c := range map[string]struct{ in, code string }{
		"no payment code":      {"https://example.org", "qr.not_payment"},
		"nothing":              {"", "qr.not_payment"},
		"junk":                 {strings.Repeat("\x00", 1000), "qr.not_payment"},
		"escape sequence":      {head + "|Purpose=\x1b]0;own\a", "qr.invalid"},
		"bidi override":        {head + "|Purpose=\u202e000", "qr.invalid"},
		"two accounts":         {head + "|PersonalAcc=03100643000000019500", "qr.invalid"},
		"sum with a fraction":  {head + "|Sum=15.00", "qr.invalid"},
		"negative sum":         {head + "|Sum=-1500", "qr.invalid"},
		"sum beyond all money": {head + "|Sum=99999999999999999999", "qr.invalid"},
		"no account":           {"ST00012|Name=X|BankName=B|BIC=018073401", "qr.invalid"},
		"wrong БИК":            {strings.Replace(head, "018073401", "01807340", 1), "qr.invalid"},
	} {
		_, err := Decode([]byte(c.in))
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != c.code {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) { e.read += len(p); return len(p), nil }

func TestAnEndlessInputIsRefusedAfterAFewKilobytes(t *testing.T) {
	e := &endless{}
	if _, err := DecodeFrom(e); err == nil || e.read > 4*readLimit {
		t.Errorf("read %d bytes, err %v", e.read, err)
	}
}

func TestAScannerReadsTheDrawnCodeByteForByte(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is not installed (Debian package zbar-tools)")
	}
	for _, e := range []Encoding{UTF8, Windows1251} {
		payload := mustEncode(t, fine(), e)
		s, err := Draw(payload)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "code.png")
		var b bytes.Buffer
		if err := s.PNG(&b, 4); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(zbar, "--quiet", "--raw", "--oneshot", "-Sbinary", file).Output()
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		if !bytes.Equal(bytes.TrimSuffix(out, []byte("\n")), payload) {
			t.Errorf("%s: scanned %q", e, out)
		}
	}
}

func TestTerminalAndSVGShowTheSameModules(t *testing.T) {
	s, err := Draw(mustEncode(t, fine(), UTF8))
	if err != nil {
		t.Fatal(err)
	}
	for _, style := range []Style{{}, {Light: true}, {ASCII: true}, {ASCII: true, Light: true}} {
		var b strings.Builder
		if err := s.Terminal(&b, style); err != nil {
			t.Fatal(err)
		}
		for y := range s.Size() {
			for x := range s.Size() {
				if inkAt(b.String(), style, x, y) != (s.Dark(x, y) == style.Light) {
					t.Fatalf("%+v: module %d,%d differs", style, x, y)
				}
			}
		}
	}
	var svg strings.Builder
	if err := s.SVG(&svg); err != nil {
		t.Fatal(err)
	}
	dark := 0
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1`).FindAllStringSubmatch(svg.String(), -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		n, _ := strconv.Atoi(m[3])
		for i := range n {
			dark++
			if !s.Dark(x+i, y) {
				t.Fatalf("svg darkens %d,%d", x+i, y)
			}
		}
	}
	for y := range s.Size() {
		for x := range s.Size() {
			if s.Dark(x, y) {
				dark--
			}
		}
	}
	if dark != 0 {
		t.Errorf("svg misses %d modules", -dark)
	}
}

func inkAt(text string, style Style, x, y int) bool {
	lines := strings.Split(text, "\n")
	if style.ASCII {
		return lines[y][2*x] == '#'
	}
	switch r := []rune(lines[y/2])[x]; r {
	case '█':
		return true
	case '▀':
		return y%2 == 0
	case '▄':
		return y%2 == 1
	}
	return false
}

func FuzzQR(f *testing.F) {
	f.Add([]byte(publicSample))
	f.Add(mustEncode(f, fine(), UTF8))
	f.Add(mustEncode(f, fine(), Windows1251))
	f.Add([]byte("ST00013|Name=\xf5\xe6\xeb|PersonalAcc=03214643000000010100|BIC=018073401"))
	f.Add([]byte("ST0001\xff=\x1b[2J"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Decode(b)
		if err != nil {
			var ferr *fault.Error
			if !errors.As(err, &ferr) {
				t.Fatalf("a bare error: %v", err)
			}
			return
		}
		if strings.ContainsAny(d.Payment.Name+d.Payment.Purpose, "\x1b\x00\u202e") {
			t.Fatalf("hostile text got through: %q", d.Payment.Name)
		}
		out, err := Encode(d.Payment, UTF8)
		if err != nil {
			return // the reader forgives more than the writer writes
		}
		again, err := Decode(out)
		if err != nil || again.Payment.Account != d.Payment.Account || again.Payment.Name != d.Payment.Name {
			t.Fatalf("%q does not survive writing: %v", out, err)
		}
	})
}
