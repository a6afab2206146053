package xlsx

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/epgu-cli/epgu/internal/fault"
)

func read(t testing.TB, file []byte) ([]Row, error) {
	t.Helper()
	w, err := Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	rows, err := w.Rows(w.Sheets()[0])
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Row
	for {
		r, err := rows.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		c := *r
		c.Cells = slices.Clone(r.Cells)
		all = append(all, c)
	}
}

// book packs a workbook of one sheet by hand.
func book(t testing.TB, sheet string, extra map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	parts := map[string]string{
		"xl/workbook.xml":            `<workbook xmlns:r="r"><sheets><sheet name="Реестр &amp; Ко" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="x/styles" Target="/xl/styles.xml"/><Relationship Id="rId3" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   sheet,
	}
	for k, v := range extra {
		parts[k] = v
	}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for k := range parts {
			if !yield(k) {
				return
			}
		}
	}) {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, parts[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sheetOf(cells string) string {
	return `<worksheet><sheetData><row r="1">` + cells + `</row></sheetData></worksheet>`
}

func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return fmt.Sprint(err)
}

func TestCellsOfEveryKindAreRead(t *testing.T) {
	styles := `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="000000000"/><numFmt numFmtId="165" formatCode="[$-419]dd\.mm\.yyyy;@"/><numFmt numFmtId="166" formatCode="#,##0.00&quot; dm&quot;"/></numFmts>` +
		`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs></styleSheet>`
	shared := `<sst><si><t>первая</t></si><si><r><t>из </t></r><r><rPr/><t xml:space="preserve">частей</t></r><rPh><t>лишнее</t></rPh></si><si><t>a&lt;&#1105;_x0041_<![CDATA[<b>]]></t></si></sst>`
	for cell, want := range map[string]Cell{
		`<c t="s"><v>0</v></c>`: {"первая", Text},
		`<c t="s"><v>1</v></c>`: {"из частей", Text},
		`<c t="s"><v>2</v></c>`: {"a<ёA<b>", Text},
		`<c t="inlineStr"><is><t>18810177170325189254</t></is></c>`: {"18810177170325189254", Text},
		`<x:c t="str"><x:f>A1&amp;""</x:f><x:v>итог</x:v></x:c>`:    {"итог", Text},
		`<c><v>1234.5600000000001</v></c>`:                          {"1234.56", Number},
		`<c><v>0.29999999999999999</v></c>`:                         {"0.3", Number},
		`<c s="4"><v>1234.5</v></c>`:                                {"1234.5", Number},
		`<c><v>1.2345E+3</v></c>`:                                   {"1234.5", Number},
		`<c><v>7707083893</v></c>`:                                  {"7707083893", Number},
		`<c s="2"><v>44525225</v></c>`:                              {"044525225", Number},
		`<c><v>1.8810177170325189E+19</v></c>`:                      {"1.8810177170325189E+19", Rounded},
		`<c><v>18810177170325189254</v></c>`:                        {"18810177170325189254", Rounded},
		`<c s="1"><v>46082</v></c>`:                                 {"01.03.2026", Date},
		`<c s='3'><v>46082.75</v></c>`:                              {"01.03.2026", Date},
		`<c t="d"><v>2026-03-01T10:00:00</v></c>`:                   {"01.03.2026", Date},
		`<c t="b"><v>1</v></c>`:                                     {"1", Bool},
		`<c t="e"><f>1/0</f><v>#DIV/0!</v></c>`:                     {"#DIV/0!", Error},
		`<c><f>SUM(A1:A2)</f></c>`:                                  {"", Formula},
		`<c t="inlineStr"><is><t a="1>0">x</t></is></c>`:            {"x", Text},
	} {
		rows, err := read(t, book(t, sheetOf(cell), map[string]string{"xl/styles.xml": styles, "xl/sharedStrings.xml": shared}))
		if err != nil || len(rows) != 1 || rows[0].Cells[0] != want {
			t.Errorf("%s: %+v %v, want %+v", cell, rows, err, want)
		}
	}
}

func TestGapsHiddenRowsAndSelfClosedCellsKeepTheirPlaces(t *testing.T) {
	rows, err := read(t, book(t, `<worksheet><sheetData><row r="2" hidden="1"><c r="B2"><v>1</v></c><c r="D2" s="0"/><c r="AA2"><v>2</v></c></row><row r="5"/><row><c><v>3</v></c></row><row r="9"><c r="ZZ9"><v>1</v></c><c r="A9"><v>1</v></c></row></sheetData></worksheet>`, nil))
	if err != nil || len(rows) != 3 {
		t.Fatal(rows, err)
	}
	if r := rows[0]; r.Number != 2 || !r.Hidden || len(r.Cells) != 27 || r.Cells[1].Text != "1" || r.Cells[0].Kind != Empty || r.Cells[26].Text != "2" {
		t.Errorf("%+v", r)
	}
	if rows[1].Number != 6 || rows[1].Hidden || !rows[2].Wide {
		t.Errorf("%+v", rows[1:])
	}
}

func TestDaysFollowTheWorkbooksCalendar(t *testing.T) {
	for serial, want := range map[string]string{"61": "01.03.1900", "46082": "01.03.2026", "2958465": "31.12.9999"} {
		if b, ok := day(nil, []byte(serial), false); !ok || string(b) != want {
			t.Errorf("%s: %s %v", serial, b, ok)
		}
	}
	if b, ok := day(nil, []byte("44620"), true); !ok || string(b) != "01.03.2026" {
		t.Errorf("1904: %s", b)
	}
	for _, serial := range []string{"60", "0", "-1", "2958466", "x"} {
		if _, ok := day(nil, []byte(serial), false); ok {
			t.Errorf("%s is a day", serial)
		}
	}
}

// A number is the one that the XML says, to fifteen digits, whatever its form.
func TestNumbersAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kopecks := rapid.Int64Range(0, 999_999_999_999_999).Draw(t, "kopecks")
		form := rapid.SampledFrom([]string{"%s", "%sE0", "0%s", "%s00"}).Draw(t, "form")
		text := fmt.Sprintf(form, fmt.Sprintf("%d.%02d", kopecks/100, kopecks%100))
		b, rounded, ok := plain(nil, []byte(text))
		if !ok || rounded {
			t.Fatalf("%s: %s %v %v", text, b, rounded, ok)
		}
		want, _ := new(big.Rat).SetString(text)
		got, good := new(big.Rat).SetString(string(b))
		if !good || got.Cmp(want) != 0 {
			t.Fatalf("%s became %s", text, b)
		}
	})
	for in, want := range map[string]string{"1e3": "1000", "-0.05": "-0.05", "5E-3": "0.005", "0": "0", "000": "0", "0.000": "0", "999999999999999.95": "1000000000000000", "12.30": "12.3", ".5": "0.5"} {
		if b, _, ok := plain(nil, []byte(in)); !ok || string(b) != want {
			t.Errorf("%s: %s %v, want %s", in, b, ok, want)
		}
	}
	for _, in := range []string{"", ".", "1.2.3", "1e", "1e9999", "0x1", "NaN", "--1"} {
		if b, _, ok := plain(nil, []byte(in)); ok {
			t.Errorf("%q became %s", in, b)
		}
	}
}

func TestHostileWorkbooksAreRefused(t *testing.T) {
	long := strings.Repeat("a", 400<<10)
	for name, c := range map[string]struct {
		file []byte
		code string
	}{
		"a document type": {book(t, `<!DOCTYPE x [<!ENTITY a "b">]>`+sheetOf(`<c><v>1</v></c>`), nil), "xlsx.broken"},
		"an endless text": {book(t, sheetOf(`<c t="str"><v>`+long+`</v></c>`), nil), "xlsx.too_large"},
		"an endless tag":  {book(t, sheetOf(`<c a="`+long+`"/>`), nil), "xlsx.too_large"},
		"a cut sheet":     {book(t, `<worksheet><sheetData><row><c><v>1</v></c>`, nil), "xlsx.broken"},
		"no sheets":       {book(t, "", map[string]string{"xl/workbook.xml": `<workbook/>`}), "xlsx.broken"},
		"no ZIP":          {[]byte("PK\x03\x04"), "xlsx.broken"},
		"a fallen row":    {book(t, `<worksheet><sheetData><row><c><v>1</row></sheetData>`, nil), "xlsx.broken"},
	} {
		if _, err := read(t, c.file); codeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPartsOfOneNameAreRefused(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"xl/workbook.xml", "xl/./WORKBOOK.xml"} {
		f, _ := z.Create(name)
		_, _ = io.WriteString(f, "<workbook/>")
	}
	_ = z.Close()
	if _, err := Open(bytes.NewReader(b.Bytes()), int64(b.Len())); codeOf(err) != "xlsx.twice" {
		t.Error(err)
	}
}

// zeros are endless blanks.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestAnArchiveBombIsRefusedEarly(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, head := range map[string]string{"xl/workbook.xml": `<workbook><sheets><sheet name="a" id="1"/></sheets></workbook>`, "xl/_rels/workbook.xml.rels": `<R><Relationship Id="1" Type="/worksheet" Target="s.xml"/></R>`, "xl/s.xml": "<worksheet><sheetData>"} {
		f, _ := z.Create(name)
		_, _ = io.WriteString(f, head)
		if name == "xl/s.xml" {
			if _, err := io.Copy(f, io.LimitReader(zeros{}, ratioFloor+1<<20)); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = z.Close()
	if _, err := read(t, b.Bytes()); codeOf(err) != "xlsx.too_large" {
		t.Error(err)
	}
}

func TestAnotherProgramReadsWhatIsWritten(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, "Реестр", []Column{{Title: "УИН", Width: 26}, {Title: "Сумма, руб.", Format: AsAmount}, {Title: "Кто"}})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"18810177170325189254", "1234.56", "=1+1 «A» <b> & \"q\""}, {"00123", "-", " x "}}
	for _, row := range want {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()), excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows("Реестр")
	if err != nil || !slices.Equal(rows[0], []string{"УИН", "Сумма, руб.", "Кто"}) || !slices.EqualFunc(rows[1:], want, slices.Equal[[]string]) {
		t.Errorf("%q %v", rows, err)
	}
	if kind, err := f.GetCellType("Реестр", "B2"); err != nil || kind == excelize.CellTypeInlineString {
		t.Errorf("the amount is %v %v", kind, err)
	}
	own, err := read(t, b.Bytes())
	if err != nil || own[1].Cells[2].Text != want[0][2] || own[1].Cells[1] != (Cell{"1234.56", Number}) {
		t.Errorf("%+v %v", own, err)
	}
}

func TestWhatAnotherProgramWritesIsRead(t *testing.T) {
	f := excelize.NewFile()
	defer f.Close()
	set := func(cell string, v any) {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	set("A1", "УИН")
	set("B1", "Сумма")
	set("A2", "18810177170325189254")
	set("B2", 1234.56)
	set("C3", 18810177170325189254.0)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := read(t, b.Bytes())
	if err != nil || len(rows) != 3 || rows[1].Cells[0] != (Cell{"18810177170325189254", Text}) || rows[1].Cells[1] != (Cell{"1234.56", Number}) || rows[2].Cells[2].Kind != Rounded {
		t.Errorf("%+v %v", rows, err)
	}
}

func FuzzXLSX(f *testing.F) {
	f.Add([]byte(sheetOf(`<c r="B1" t="s"><v>0</v></c><c t="inlineStr"><is><t>x&#65;</t></is></c>`)), []byte(`<sst><si><t>a</t></si></sst>`), []byte(`<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`))
	f.Add([]byte(sheetOf(`<c s="0"><v>46082</v></c><c t="e"><v>#N/A</v></c>`)), []byte(``), []byte(`<a><numFmt numFmtId="1" formatCode="[h]\d&quot;"/></a>`))
	f.Add([]byte(`<!--><!-- --><?x?><![CDATA[a]]><row><c>`), []byte(`<si><rPh>`), []byte(`<`))
	f.Fuzz(func(t *testing.T, sheet, shared, styles []byte) {
		rows, err := read(t, book(t, string(sheet), map[string]string{"xl/sharedStrings.xml": string(shared), "xl/styles.xml": string(styles)}))
		if err != nil && !strings.HasPrefix(codeOf(err), "xlsx.") {
			t.Fatal(err)
		}
		for _, r := range rows {
			if len(r.Cells) > columnLimit || r.Number < 1 {
				t.Fatalf("row %d of %d cells", r.Number, len(r.Cells))
			}
		}
	})
}

func FuzzXLSXArchive(f *testing.F) {
	f.Add(book(f, sheetOf(`<c><v>1</v></c>`), nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := read(t, b); err != nil && !strings.HasPrefix(codeOf(err), "xlsx.") {
			t.Fatal(err)
		}
	})
}

func TestASpreadsheetShowsNumbersDatesAndCodesAsWhatTheyAre(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice is not installed (Debian package libreoffice-calc)")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "report.xlsx")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(f, "Реестр", []Column{{"УИН", 27, AsText}, {"Сумма", 14, AsAmount}, {"День", 12, AsDay}, {"Время", 18, AsTime}, {"Состояние", 14, AsText}})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range [][]string{{"00810177170325189254", "1 234 567,50", "29.11.2026", "2026-07-15T21:30:00Z", "оплачен"}, {"2", "нет", "когда-то", "", "=1+1"}} {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	// Saved as shown, quoting texts alone: a number stands without quotes.
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, office, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,true,false,true", "--outdir", dir, file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got, err := os.ReadFile(filepath.Join(dir, "report.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(got)), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[1], `"00810177170325189254";1,234,567.50;29.11.2026;16.07.2026 00:30;"оплачен"`) || !strings.Contains(lines[2], `"нет";"когда-то"`) || !strings.HasSuffix(lines[2], `"=1+1"`) {
		t.Errorf("%q", lines)
	}
}
