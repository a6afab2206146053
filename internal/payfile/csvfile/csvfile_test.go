package csvfile

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"

	"pgregory.net/rapid"

	"github.com/epgu-cli/epgu/internal/payfile/charset"
)

func known(h string) bool {
	return h == "УИН" || h == "Сумма" || h == "Плательщик" || h == "uin" || h == "amount"
}

func readAll(t testing.TB, file []byte, o Options) (Dialect, [][]string, []Flaw, []int) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), o)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	var flaws []Flaw
	var lines []int
	var rec Record
	for {
		if err := r.Next(&rec); err == io.EOF {
			return r.Dialect(), rows, flaws, lines
		} else if err != nil {
			t.Fatal(err)
		}
		rows, flaws, lines = append(rows, slices.Clone(rec.Cells)), append(flaws, rec.Flaws), append(lines, rec.Line)
	}
}

func encode(t testing.TB, s, how string) []byte {
	t.Helper()
	switch how {
	case "utf-8 with a mark":
		return []byte("\ufeff" + s)
	case "windows-1251", "ibm866", "koi8-r", "x-mac-cyrillic":
		b, err := charset.Set(how).Table().NewEncoder().Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return b
	case "utf-16le", "utf-16be", "utf-16le without a mark", "utf-16be without a mark":
		var order binary.AppendByteOrder = binary.LittleEndian
		if strings.HasPrefix(how, "utf-16be") {
			order = binary.BigEndian
		}
		var b []byte
		if !strings.HasSuffix(how, "without a mark") {
			b = order.AppendUint16(nil, 0xfeff)
		}
		for _, u := range utf16.Encode([]rune(s)) {
			b = order.AppendUint16(b, u)
		}
		return b
	}
	return []byte(s)
}

func TestSeparatorQuotingAndCharacterSetAreFoundOut(t *testing.T) {
	want := [][]string{{"УИН", "Сумма", "Плательщик"}, {"18810177170325189254", "1 234,56", `ООО "Три; кита", | Ёж`}, {"0", "10", "строка 1\nстрока 2"}}
	for _, sep := range []byte(separators) {
		for _, how := range []string{"utf-8", "utf-8 with a mark", "windows-1251", "ibm866", "koi8-r", "x-mac-cyrillic", "utf-16le", "utf-16be", "utf-16le without a mark", "utf-16be without a mark"} {
			var b strings.Builder
			w := NewWriter(&b, sep, false)
			for _, row := range want {
				if err := w.Write(row); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			d, got, flaws, lines := readAll(t, encode(t, b.String(), how), Options{Known: known})
			if d.Separator != sep || !slices.EqualFunc(got, want, slices.Equal[[]string]) {
				t.Errorf("%q, %s: separator %q, rows %q", sep, how, d.Separator, got)
			}
			if c := strings.TrimSuffix(strings.TrimSuffix(how, " with a mark"), " without a mark"); string(d.Charset) != c {
				t.Errorf("%q, %s: character set %s", sep, how, d.Charset)
			}
			if !slices.Equal(lines, []int{1, 2, 3}) || slices.Max(flaws) != 0 {
				t.Errorf("%q, %s: lines %v, flaws %v", sep, how, lines, flaws)
			}
		}
	}
}

func TestTheSeparatorIsTheOneThatMakesKnownHeadings(t *testing.T) {
	for file, want := range map[string]byte{
		"УИН;Сумма\n1;1 234,56\n2;1,5\n": ';',
		"Сумма,УИН\n\"1 234,56\",1\n":    ',',
		"sep=|\nа|б\n":                   '|',
		"Реестр; от 01.03.2026, лист 1\nУИН\tСумма\n1\t2,5;\n": '\t',
		"a,b,c\n1,2,3\n4,5,6\n":                                   ',',
		"18810177170325189254\n18810177170325189255\n":            ';',
		"uin,amount,note\n1,2,\"a;b;c;d;e\"\n1,2,\"a;b;c;d;e\"\n": ',',
	} {
		if d, _, _, _ := readAll(t, []byte(file), Options{Known: known}); d.Separator != want {
			t.Errorf("%q: separator %q, want %q", file, d.Separator, want)
		}
	}
}

func TestACharacterSetThatShowsItselfLateIsStillFound(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("uin;amount\n")
	for b.Len() < 3*sampleBytes {
		b.WriteString("18810177170325189254;10\n")
	}
	tail, _ := charmap.Windows1251.NewEncoder().String("1;Ёжик\n")
	for want, end := range map[Charset]string{charset.Windows: tail, charset.UTF8: "1;Ёжик\n"} {
		d, rows, _, _ := readAll(t, append(b.Bytes()[:b.Len():b.Len()], end...), Options{Known: known})
		if last := rows[len(rows)-1]; d.Charset != want || last[1] != "Ёжик" {
			t.Errorf("%s: %s %q", want, d.Charset, last)
		}
	}
}

func TestOneDamagedByteDoesNotChangeTheCharacterSet(t *testing.T) {
	d, rows, _, _ := readAll(t, []byte("УИН;Сумма;Плательщик\n1;2;Три к\xffита\n"), Options{Known: known})
	if d.Charset != charset.UTF8 || rows[1][2] != "Три к\xffита" {
		t.Errorf("%s %q", d.Charset, rows)
	}
}

func TestQuotesAsPeopleWriteThemAreRead(t *testing.T) {
	for line, want := range map[string][]string{
		`1;ООО "Ромашка";2`:        {"1", `ООО "Ромашка"`, "2"},
		`1;"ООО ""Ромашка""";2`:    {"1", `ООО "Ромашка"`, "2"},
		`1;"ООО "Ромашка"";2`:      {"1", `ООО "Ромашка"`, "2"},
		`1;"";2`:                   {"1", "", "2"},
		`1;"""";2`:                 {"1", `"`, "2"},
		`"a;b"`:                    {"a;b"},
		`1;"ООО "Ромашка" юг";2`:   {"1", `ООО "Ромашка" юг`, "2"},
		"1;\"два\r\nряда\";2":      {"1", "два\r\nряда", "2"},
		`1;"в конце"`:              {"1", "в конце"},
		`;;`:                       {"", "", ""},
		`"1"` + "\r\n" + `"2";"3"`: {"1"},
	} {
		_, rows, _, _ := readAll(t, []byte("УИН;Сумма\n"+line+"\r\n4;5\n"), Options{Separator: ';'})
		if !slices.Equal(rows[1], want) {
			t.Errorf("%s: %q", line, rows[1])
		}
		if last := rows[len(rows)-1]; !slices.Equal(last, []string{"4", "5"}) {
			t.Errorf("%s: the row after it is %q", line, last)
		}
	}
}

func TestAnUnclosedQuoteCostsOneRowOnly(t *testing.T) {
	var b strings.Builder
	b.WriteString("УИН;Сумма\n1;\"a\n")
	for b.Len() < 3*recordLimit {
		b.WriteString("18810177170325189254;10\n")
	}
	_, rows, flaws, lines := readAll(t, []byte(b.String()), Options{Separator: ';'})
	if flaws[1] != OpenQuote || !slices.Equal(rows[1], []string{"1", `"a`}) || lines[2] != 3 || rows[2][1] != "10" {
		t.Errorf("flaws %v, rows %q, lines %v", flaws[:3], rows[:3], lines[:3])
	}
	if want := strings.Count(b.String(), "\n"); len(rows) != want {
		t.Errorf("%d rows, want %d", len(rows), want)
	}
}

func TestLinesThatEndWithCRAloneAreLines(t *testing.T) {
	for name, file := range map[string]string{
		"CR":           "УИН;Сумма\r1;\"2\"\r3;\"a\"\"b\"\r5;6\r",
		"one CR":       "УИН;Сумма\r\n1;2\r\n3;\"a\"\"b\"\r5;6\r\n",
		"no last end":  "УИН;Сумма\r1;2\r3;\"a\"\"b\"\r5;6",
		"mixed":        "УИН;Сумма\n1;2\r3;\"a\"\"b\"\r\n5;6\n",
		"with a sep":   "sep=;\rУИН;Сумма\r1;2\r3;\"a\"\"b\"\r5;6\r",
		"blank line":   "УИН;Сумма\r1;2\r\r3;\"a\"\"b\"\r5;6\r",
		"in DOS style": "УИН;Сумма\r\n1;2\r\n3;\"a\"\"b\"\r\n5;6\r\n\x1a",
	} {
		_, rows, _, lines := readAll(t, []byte(file), Options{Known: known})
		if len(rows) < 4 || rows[1][0] != "1" || rows[1][1] != "2" || rows[2][1] != `a"b` || rows[3][1] != "6" || lines[3] < 4 {
			t.Errorf("%s: %q, lines %v", name, rows, lines)
		}
	}
}

func TestAQuoteThatSwallowsTheNextRowsCostsItsOwnRowOnly(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		flaw int // the row with the flaw
	}{
		"an inner quote not closed":    {"УИН;Имя;Сумма\n1;\"ООО \"Ромашка;10\n2;\"ИП Иванов\";20\n3;в;30\n", 1},
		"a cell not closed":            {"УИН;Имя;Сумма\n1;\"ООО Ромашка;10\n2;\"ИП Иванов\";20\n3;в;30\n", 1},
		"rows without quotes between":  {"УИН;Имя;Сумма\n1;\"ООО;10\n2;б;20\n3;\"в\";30\n", 1},
		"the last cell":                {"УИН;Сумма;Имя\n1;10;\"ООО \"Ромашка\n2;20;\"ИП\"\n3;30;\"в\"\n", 1},
		"never closed":                 {"УИН;Имя;Сумма\n1;\"ООО;10\n2;б;20\n3;в;30\n", 1},
		"with CR":                      {"УИН;Имя;Сумма\r1;\"ООО;10\r2;\"б\";20\r3;в;30\r", 1},
		"an honest cell of two lines":  {"УИН;Имя;Сумма\n1;\"ООО\nРомашка\";10\n2;б;20\n3;в;30\n", 0},
		"an honest cell at the front":  {"УИН;Имя;Сумма\n\"1\n1\";ООО;10\n2;б;20\n3;в;30\n", 0},
		"an honest cell with new rows": {"УИН;Имя;Сумма\n1;\"ООО\n\n\"\"Р\"\"\n\";10\n2;б;20\n3;в;30\n", 0},
	} {
		_, rows, flaws, _ := readAll(t, []byte(c.file), Options{Separator: ';'})
		if len(rows) != 4 || !slices.Contains(rows[2], "20") || !slices.Contains(rows[3], "30") {
			t.Errorf("%s: %q", name, rows)
			continue
		}
		for i, f := range flaws {
			if (f&OpenQuote != 0) != (i == c.flaw && c.flaw > 0) {
				t.Errorf("%s: flaws %v", name, flaws)
			}
		}
	}
}

func TestAFileThatEndsInTheMiddleIsMarked(t *testing.T) {
	_, rows, flaws, _ := readAll(t, []byte("УИН;Сумма\n1;2\n188101771703"), Options{})
	if flaws[2] != NoLineEnd || len(rows[2]) != 1 {
		t.Errorf("flaws %v, rows %q", flaws, rows)
	}
	_, _, flaws, _ = readAll(t, []byte("УИН;Сумма\n1;\"2"), Options{})
	if flaws[1] != NoLineEnd|OpenQuote {
		t.Errorf("flaws %v", flaws)
	}
}

func TestReadingWithoutCopiesGivesTheSameRecords(t *testing.T) {
	var b strings.Builder
	b.WriteString("УИН;Сумма;Плательщик\n")
	for i := range 20_000 {
		b.WriteString(strings.Repeat("1", i%20) + ";" + strings.Repeat("\"ё\"\"\n\";", i%7) + "10,5;Тестов\r\n")
	}
	for _, how := range []string{"utf-8", "windows-1251", "utf-16le"} {
		file := encode(t, b.String(), how)
		_, want, flaws, lines := readAll(t, file, Options{Known: known})
		r, err := NewReader(bytes.NewReader(file), Options{Known: known, Fleeting: true})
		if err != nil {
			t.Fatal(err)
		}
		var rec Record
		for i := range want {
			if err := r.Next(&rec); err != nil || !slices.Equal(rec.Cells, want[i]) || rec.Line != lines[i] || rec.Flaws != flaws[i] {
				t.Fatalf("%s, record %d: %q %v", how, i, rec.Cells, err)
			}
		}
		if err := r.Next(&rec); err != io.EOF {
			t.Errorf("%s: %v after the end", how, err)
		}
	}
}

func TestAnEndlessLineIsRefused(t *testing.T) {
	r, err := NewReader(io.LimitReader(zeros('a'), 10<<20), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var rec Record
	if err := r.Next(&rec); err == nil || err == io.EOF {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNoTextIsRefused(t *testing.T) {
	if _, err := NewReader(strings.NewReader("PK\x03\x04\x00\x00"), Options{}); err == nil {
		t.Error("a ZIP was taken for CSV")
	}
}

type zeros byte

func (z zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(z)
	}
	return len(p), nil
}

// What another program's writer makes is read back the same.
func TestRecordsOfAnyWriterAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOf(rapid.SampledFrom([]rune("аЁz19 ;,|\t\"\n'=«")))
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 6), 1, 40).Draw(t, "rows")
		sep := rapid.SampledFrom([]byte(separators)).Draw(t, "sep")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma = rune(sep)
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(iotest(b.Bytes(), rapid.IntRange(1, 9).Draw(t, "piece")), Options{Separator: sep, Charset: charset.UTF8})
		if err != nil {
			t.Fatal(err)
		}
		var rec Record
		for i, want := range rows {
			if err := r.Next(&rec); err != nil {
				t.Fatalf("row %d: %v", i, err)
			}
			if !slices.Equal(rec.Cells, want) {
				t.Fatalf("row %d: %q, want %q", i, rec.Cells, want)
			}
		}
		if err := r.Next(&rec); err != io.EOF {
			t.Fatalf("after the end: %v %q", err, rec.Cells)
		}
	})
}

// iotest returns a reader that gives n bytes at a time.
func iotest(b []byte, n int) io.Reader { return &slow{b, n} }

type slow struct {
	b []byte
	n int
}

func (s *slow) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.n)], s.b)
	s.b = s.b[n:]
	return n, nil
}

func FuzzSniffing(f *testing.F) {
	for _, s := range []string{"УИН;Сумма\n1;2\n", "sep=,\na,b\n", "\xff\xfea\x00;\x00", "\xfe\xff\x00a", "\xd3\xc8\xcd;\xd1\n", "\"a\nb\";\"\"\"", "a\tb|c", "\xef\xbb\xbf", "1;\"ООО \"Р\"\";\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b), Options{Known: known})
		if err != nil {
			return
		}
		if d := r.Dialect(); !isSeparator(d.Separator) {
			t.Fatalf("separator %q", d.Separator)
		}
		// The reading that copies nothing must give the same records.
		f, err := NewReader(bytes.NewReader(b), Options{Known: known, Fleeting: true})
		if err != nil {
			t.Fatal(err)
		}
		var rec, same Record
		line := 0
		for r.Next(&rec) == nil {
			if err := f.Next(&same); err != nil || same.Line != rec.Line || same.Flaws != rec.Flaws || !slices.Equal(same.Cells, rec.Cells) {
				t.Fatalf("line %d: %q, without copies %q %v", rec.Line, rec.Cells, same.Cells, err)
			}
			if len(rec.Cells) == 0 || rec.Line <= line && line > 0 || len(rec.Cells) > cellLimit {
				t.Fatalf("line %d after %d, %d cells", rec.Line, line, len(rec.Cells))
			}
			line = rec.Line
		}
	})
}
