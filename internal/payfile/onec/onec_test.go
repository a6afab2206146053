package onec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/money"
)

func day(d int) time.Time { return time.Date(2026, 3, d, 10, 20, 30, 0, time.UTC) }

// duty is a made-up order with requisites from public samples.
func duty(n int) Order {
	return Order{
		Number: fmt.Sprint(n), Date: day(2).Truncate(24 * time.Hour), Kopecks: 600000,
		Payer: Party{Name: "ООО «Три кита»", INN: "7707083893", KPP: "773001001", Account: "40702810138250123017", Bank: "ПАО СБЕРБАНК", BankPlace: "г Москва",
			BIK: "044525225", CorrAccount: "30101810400000000225"},
		Payee: Party{Name: "УФК по г. Москве", INN: "7730176610", KPP: "773001001", Account: "03100643000000017300", Bank: "ГУ БАНКА РОССИИ ПО ЦФО//УФК по г. Москве", BankPlace: "г Москва",
			BIK: "004525988", CorrAccount: "40102810545370000003"},
		UIN: "18810177170325189254", Purpose: "Госпошлина за регистрацию", Priority: 5,
		Budget: &Budget{DrawerStatus: "08", KBK: "18210301000010000110", OKTMO: "45328000", Basis: "0", TaxPeriod: "0", DocNo: "0", DocDate: "0", PaymentType: "0"},
	}
}

func write(t testing.TB, set Charset, orders ...Order) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, WriteOptions{Charset: set, Sender: "epgu", Created: day(3), From: day(2), To: day(2), Accounts: []string{"40702810138250123017"}})
	for _, o := range orders {
		if err := w.Write(o.Document()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(r io.Reader) (docs []Document, rd *Reader, err error) {
	rd = NewReader(r)
	for {
		var d Document
		if err = rd.Next(&d); err != nil {
			return docs, rd, err
		}
		docs = append(docs, d)
	}
}

func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return fmt.Sprint(err)
}

func TestOrdersSurviveWritingAndReadingInEveryCharacterSet(t *testing.T) {
	for _, set := range []Charset{Windows, DOS, UTF8} {
		want := []Order{duty(1), duty(2)}
		want[1].Budget, want[1].UIN = nil, ""
		if set == DOS { // code page 866 has no guillemets
			for i := range want {
				want[i].Payer.Name = "ООО \"Три кита\""
			}
		}
		want[1].Purpose = "Оплата по договору N 5 = аренда"
		docs, rd, err := read(bytes.NewReader(write(t, set, want...)))
		if !errors.Is(err, io.EOF) || len(docs) != 2 || len(rd.Faults()) != 0 {
			t.Fatalf("%s: %v, %d documents, %v", set, err, len(docs), rd.Faults())
		}
		if h := rd.Header(); h.Version != "1.03" || h.Charset != set || h.Sender != "epgu" || h.Created != "03.03.2026" || h.Time != "10:20:30" || len(h.Accounts) != 1 {
			t.Errorf("%s: header %+v", set, h)
		}
		for i := range docs {
			got, faults := docs[i].Order()
			if len(faults) != 0 {
				t.Errorf("%s: %v", set, faults)
			}
			if g, w := fmt.Sprintf("%+v %+v", got, got.Budget), fmt.Sprintf("%+v %+v", want[i], want[i].Budget); stripPointer(g) != stripPointer(w) {
				t.Errorf("%s:\n got %s\nwant %s", set, g, w)
			}
		}
	}
}

func stripPointer(s string) string {
	if i := strings.Index(s, "Budget:"); i >= 0 {
		if j := strings.IndexByte(s[i:], '}'); j >= 0 {
			return s[:i] + s[i+j:]
		}
	}
	return s
}

func TestAFileThatLiesAboutItsCharacterSetIsRead(t *testing.T) {
	b := string(write(t, UTF8, duty(1)))
	for name, in := range map[string]string{
		"UTF-8 declared as Windows":        strings.Replace(b, "Кодировка=UTF-8", "Кодировка=Windows", 1),
		"UTF-8 with a byte order mark":     "\ufeff" + b,
		"code page 866 declared a Windows": string(encodeAll(t, charmap.CodePage866, strings.NewReplacer("UTF-8", "Windows", "«", "\"", "»", "\"").Replace(b))),
		"unix line ends":                   strings.ReplaceAll(b, "\r\n", "\n"),
		"no line end after the last line":  strings.TrimSuffix(b, "\r\n"),
		"DOS end mark":                     b + "\x1a",
		"spaces around":                    strings.ReplaceAll(b, "=", " = "),
	} {
		docs, rd, err := read(strings.NewReader(in))
		if !errors.Is(err, io.EOF) || len(docs) != 1 || len(rd.Faults()) != 0 || docs[0].PayeeName() != "УФК по г. Москве" {
			t.Errorf("%s: %v, %d documents, %v", name, err, len(docs), rd.Faults())
		}
	}
}

func encodeAll(t *testing.T, c *charmap.Charmap, s string) []byte {
	out, err := c.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAPurposeOfManyLinesIsReadWhole(t *testing.T) {
	o := duty(1)
	o.Purpose = "Первая строка\nвторая\nтретья"
	b := string(write(t, UTF8, o))
	if !strings.Contains(b, "НазначениеПлатежа=Первая строка вторая третья\r\n") || !strings.Contains(b, "НазначениеПлатежа3=третья\r\n") {
		t.Fatal(b)
	}
	whole := "НазначениеПлатежа=Первая строка вторая третья\r\n"
	for name, in := range map[string]string{
		"both":             b,
		"only the lines":   strings.Replace(b, whole, "", 1),
		"broken in a file": strings.Replace(b, whole, "НазначениеПлатежа=Первая строка\r\nвторая\r\nтретья\r\n", 1),
	} {
		docs, rd, err := read(strings.NewReader(in))
		if !errors.Is(err, io.EOF) || len(rd.Faults()) != 0 || docs[0].FullPurpose() != "Первая строка вторая третья" {
			t.Errorf("%s: %v %v %q", name, err, rd.Faults(), docs[0].FullPurpose())
		}
	}
}

func TestACharacterThatCannotBeWrittenIsNamedAndNothingIsLost(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(&b, WriteOptions{Charset: Windows, Created: day(3), From: day(2), To: day(2)})
	o := duty(17)
	o.Purpose, o.Payer.Name = "Пошлина 5 ₽", "Қазақ"
	err := w.Write(o.Document())
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "onec.unwritable" || len(f.Fields) != 3 {
		t.Fatalf("got %v %+v", err, f)
	}
	var said strings.Builder
	for _, x := range f.Fields {
		said.WriteString(x.Name + ": " + x.Message.In(i18n.RU) + "\n")
	}
	if !strings.Contains(said.String(), "document 1, № 17, НазначениеПлатежа: в кодировке Windows нет знаков: «₽» (U+20BD, 11)") {
		t.Errorf("got\n%s", said.String())
	}
	if !strings.Contains(said.String(), "«Қ» (U+049A, 1), «қ» (U+049B, 5)") {
		t.Errorf("not every character is named:\n%s", said.String())
	}
	good := duty(18)
	if err := w.Write(good.Document()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	docs, _, err := read(&b)
	if !errors.Is(err, io.EOF) || len(docs) != 1 || docs[0].Get(Number) != "18" {
		t.Errorf("the refused document left traces: %v, %d documents", err, len(docs))
	}
}

func TestALineBreakCannotSmuggleADocumentIn(t *testing.T) {
	w := NewWriter(io.Discard, WriteOptions{Created: day(3), From: day(2), To: day(2)})
	d := (&Order{Number: "1\r\nКонецДокумента\r\nСекцияДокумент=Платежное поручение", Date: day(1)}).Document()
	if err := w.Write(d); codeOf(err) != "onec.unwritable" {
		t.Errorf("got %v", err)
	}
}

func TestACutFileIsNoticedWhereverItWasCut(t *testing.T) {
	b := write(t, Windows, duty(1), duty(2))
	end := len(b) - len("\r\n")
	for cut := len(magic) + 2; cut < end-1; cut += 7 {
		if _, _, err := read(bytes.NewReader(b[:cut])); codeOf(err) != "onec.truncated" {
			t.Fatalf("cut at %d of %d: %v", cut, len(b), err)
		}
	}
}

func TestEveryFaultOfAFileIsReportedWithItsLineAndField(t *testing.T) {
	in := strings.Join([]string{
		magic, "ВерсияФормата=1.02", "Кодировка=Windows", "ДатаСоздания=01.03.2026", "Чепуха=1",
		"СекцияРасчСчет", "РасчСчет=40702810138250123017", "НачальныйОстаток=1.00", "КонецРасчСчет",
		"СекцияДокумент=Платежное поручение", "Номер=1", "Дата=31.02.2026", "Сумма=1,234", "Неведомое=x", "строка", "Сумма=5.00", "КонецДокумента",
		"СекцияДокумент=Платежное поручение", "Номер=2", "Дата=01.03.2026", "Сумма=10.00", "Плательщик1=a\x00b",
		"СекцияДокумент=Платежное поручение", "Дата=01.03.2026", "Сумма=10.00", "КонецДокумента",
		"КонецФайла", "хвост",
	}, "\r\n")
	docs, rd, err := read(strings.NewReader(in))
	if !errors.Is(err, io.EOF) || len(docs) != 3 {
		t.Fatalf("%v, %d documents", err, len(docs))
	}
	want := map[string]bool{
		"5 onec.stray Чепуха": true, "14 onec.unknown_field Неведомое": true, "15 onec.stray ": true, "16 onec.repeated Сумма": true,
		"12 onec.date Дата": true, "13 onec.sum Сумма": true, "23 onec.unclosed ": true, "22 onec.control Плательщик1": true,
		"23 onec.number Номер": true, "28 onec.after_end ": true,
	}
	for _, f := range rd.Faults() {
		k := fmt.Sprintf("%d %s %s", f.Line, f.Code, f.Field)
		if !want[k] {
			t.Errorf("unexpected %q: %s", k, f.Message.In(i18n.RU))
		}
		delete(want, k)
	}
	if len(want) != 0 {
		t.Errorf("not reported: %v", want)
	}
	if len(rd.Turnovers()) != 1 || rd.Turnovers()[0].Opening != "1.00" {
		t.Errorf("account sections: %+v", rd.Turnovers())
	}
}

func TestEveryWrongRequisiteOfAnOrderIsReported(t *testing.T) {
	o := duty(1)
	o.Payer.INN, o.Payee.BIK, o.UIN = "7707083894", "00452598", "18810177170325189255"
	o.Payer.Account = "40702810238250123017"
	o.Budget.KBK, o.Budget.DrawerStatus, o.Budget.DocDate = "1821030100001000011", "9", "31.02.2026"
	o.Number, o.Purpose = "1234567", strings.Repeat("п", 211)
	docs, _, err := read(bytes.NewReader(write(t, Windows, o)))
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	_, faults := docs[0].Order()
	got := map[string]string{}
	for _, f := range faults {
		if f.Line <= docs[0].Line {
			t.Errorf("%s has no line of its own", f.Field)
		}
		got[f.Field] = f.Code
	}
	for field, code := range map[string]string{
		"ПлательщикИНН": "inn.check_digit", "ПолучательБИК": "bik.length", "Код": "uin.check_digit", "ПлательщикРасчСчет": "account.key",
		"ПоказательКБК": "kbk.length", "СтатусСоставителя": "status.code", "ПоказательДаты": "docdate.date", "Номер": "onec.length", "НазначениеПлатежа": "onec.length",
	} {
		if got[field] != code {
			t.Errorf("%s: got %q, want %q", field, got[field], code)
		}
	}
}

func TestARepeatedDateNumberAndPayerIsADuplicate(t *testing.T) {
	a, b, c := duty(1), duty(1), duty(1)
	c.Payer.Account = "40702810538060216028"
	docs, _, _ := read(bytes.NewReader(write(t, Windows, a, b, c)))
	var s Seen
	var repeated []int
	for i := range docs {
		if first, ok := s.Add(&docs[i]); ok {
			repeated = append(repeated, docs[i].Ordinal, first)
		}
	}
	if fmt.Sprint(repeated) != "[2 1]" {
		t.Errorf("got %v", repeated)
	}
}

func TestAmountsAreExact(t *testing.T) {
	for in, want := range map[string]int64{"6936.00": 693600, "6936,5": 693650, "6 936-07": 693607, "6936": 693600, "0.01": 1, "9999999999999999.99": 999999999999999999} {
		if got, err := parseAmount(in); err != nil || got != want {
			t.Errorf("%q: %d, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "-5", "1.234", "1.2.3", "1e5", ".5", "5.", "99999999999999999", "NaN"} {
		if got, err := parseAmount(in); err == nil {
			t.Errorf("%q reads as %d", in, got)
		}
	}
}

// repeated gives out a prefix once and then a pattern up to size bytes.
type repeated struct {
	prefix, pattern []byte
	left            int64
}

func (r *repeated) Read(p []byte) (int, error) {
	if len(r.prefix) > 0 {
		n := copy(p, r.prefix)
		r.prefix = r.prefix[n:]
		return n, nil
	}
	if r.left <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) {
		c := copy(p[n:], r.pattern)
		n += c
		if c < len(r.pattern) {
			r.pattern = append(r.pattern[c:len(r.pattern):len(r.pattern)], r.pattern[:c]...)
			break
		}
	}
	r.left -= int64(n)
	return n, nil
}

func TestTenGigabytesOfJunkAreRefusedInFlatMemory(t *testing.T) {
	header := write(t, Windows)
	header = header[:bytes.LastIndex(header, []byte("\r\n")[:2])]
	header = header[:bytes.LastIndex(header, []byte("\r\n"))+2]
	for name, c := range map[string]struct {
		prefix, pattern string
		code            string
	}{
		"junk":                    {"", "junk \x01\x02\xff", "onec.not_1c"},
		"zero bytes":              {"", "\x00", "onec.not_1c"},
		"zero bytes after header": {string(header), "\x00", "onec.long_line"},
		"junk lines after header": {string(header), "abc\x00\n", "onec.too_many_faults"},
		"endless accounts":        {string(header), "РасчСчет=1\r\n", "onec.too_many_faults"},
		"an endless document":     {string(header) + string(encodeAll(t, charmap.Windows1251, "СекцияДокумент=Платежное поручение\r\n")), "X=1\n", "onec.too_many_faults"},
		"an endless purpose":      {string(header) + string(encodeAll(t, charmap.Windows1251, "СекцияДокумент=Платежное поручение\r\nНазначениеПлатежа=1\r\n")), "two words\n", "onec.too_many_faults"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		src := &repeated{[]byte(c.prefix), []byte(c.pattern), 10 << 30}
		_, rd, err := read(src)
		runtime.ReadMemStats(&after)
		if codeOf(err) != c.code {
			t.Errorf("%s: got %v after %d faults", name, err, len(rd.Faults()))
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 32<<20 {
			t.Errorf("%s: %d MiB allocated", name, grown>>20)
		}
	}
}

func TestAMillionDocumentsDoNotGrowMemory(t *testing.T) {
	whole := write(t, Windows, duty(1))
	at := bytes.Index(whole, encodeAll(t, charmap.Windows1251, documentBegin))
	rd := NewReader(&repeated{whole[:at], bytes.TrimSuffix(whole[at:], encodeAll(t, charmap.Windows1251, fileEnd+"\r\n")), 64 << 20})
	var d Document
	var m runtime.MemStats
	n, peak := 0, uint64(0)
	for ; ; n++ {
		if err := rd.Next(&d); err != nil {
			break
		}
		if n%5000 == 0 {
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
	if n < 40000 || peak > 32<<20 {
		t.Errorf("%d documents, %d MiB of heap", n, peak>>20)
	}
}

func FuzzOneC(f *testing.F) {
	f.Add(write(f, Windows, duty(1), duty(2)))
	f.Add(write(f, UTF8, duty(1)))
	f.Add([]byte(magic + "\r\nВерсияФормата=1.02\r\nСекцияДокумент=x\nНазначениеПлатежа=a\nb\nСекцияДокумент=y\nКонецДокумента\nКонецФайла"))
	f.Add([]byte("\xff\xfe1\x00C\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		docs, rd, err := read(bytes.NewReader(b))
		var ferr *fault.Error
		if !errors.Is(err, io.EOF) && !errors.As(err, &ferr) {
			t.Fatalf("a bare error: %v", err)
		}
		for i := range docs {
			o, faults := docs[i].Order()
			if len(faults) > 0 || !errors.Is(err, io.EOF) || len(rd.Faults()) > 0 {
				continue
			}
			var out bytes.Buffer
			w := NewWriter(&out, WriteOptions{Charset: UTF8, Created: day(1), From: day(1), To: day(1)})
			if err := w.Write(o.Document()); err != nil {
				t.Fatalf("a sound order cannot be written: %v", err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			again, _, err := read(&out)
			if !errors.Is(err, io.EOF) || len(again) != 1 || again[0].FullPurpose() != docs[i].FullPurpose() || again[0].Get(Sum) != money.Format(o.Kopecks, '.') {
				t.Fatalf("%q does not survive: %v", b, err)
			}
		}
	})
}

func TestWhatTheLawOfItsDaySaysOfAnOrderIsANote(t *testing.T) {
	o := duty(1)
	o.Date = time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	o.Payer.KPP, o.Payee.INN, o.Payee.Account, o.Payee.BIK, o.Payee.CorrAccount = "773001001", "7727406020", "03100643000000018500", "017003983", "40102810445370000059"
	o.Payee.Bank = "ОТДЕЛЕНИЕ ТУЛА БАНКА РОССИИ//УФК по Тульской области, г Тула"
	o.Budget.KBK, o.Budget.OKTMO, o.Budget.DrawerStatus = "18201061201010000510", "0", "77"
	docs, _, err := read(bytes.NewReader(write(t, Windows, o)))
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	var got []string
	for _, f := range docs[0].Doubts() {
		got = append(got, f.Code+" "+f.Field)
		if !f.Note || f.Line <= docs[0].Line || strings.Contains(f.Message.In(i18n.RU)+f.Message.In(i18n.EN), "%!") {
			t.Errorf("%+v", f)
		}
	}
	if want := "onec.unlisted СтатусСоставителя, onec.enp.kpp ПлательщикКПП, onec.bank.old_name ПолучательБанк1"; strings.Join(got, ", ") != want {
		t.Errorf("%q", got)
	}
	for _, f := range docs[0].Check() {
		t.Errorf("refused: %+v", f)
	}
	docs[0].Set(Date, "01.03.2025")
	if list := docs[0].Doubts(); len(list) != 1 {
		t.Errorf("an order of 2025: %+v", list)
	}
}

func TestFilesThatSpeakBeyondTheFormatAreReadWithNotes(t *testing.T) {
	whole := string(write(t, UTF8, duty(1)))
	for name, c := range map[string]struct {
		file         string
		notes, wrong int
		docs         int
	}{
		"an unknown section":       {strings.Replace(whole, "СекцияДокумент", "СекцияВалюта\r\nКод=USD\r\nРасчСчет=1\r\nКонецСекции\r\nСекцияДокумент", 1), 1, 0, 1},
		"a section without an end": {strings.Replace(whole, "СекцияДокумент", "СекцияВалюта\r\nКод=USD\r\nСекцияДокумент", 1), 1, 0, 1},
		"CR alone":                 {strings.ReplaceAll(whole, "\r\n", "\r"), 0, 0, 1},
		"two files in one":         {whole + whole, 0, 0, 2},
		"something behind":         {whole + "ещё\r\n", 0, 1, 1},
		"a comment":                {strings.Replace(whole, "СекцияДокумент", "# заметка\r\nСекцияДокумент", 1), 1, 0, 1},
		"a line without a value":   {strings.Replace(whole, "КонецДокумента", "пусто\r\nКонецДокумента", 1), 1, 0, 1},
	} {
		docs, rd, err := read(strings.NewReader(c.file))
		faults := rd.Faults()
		notes, wrong := 0, 0
		for _, f := range faults {
			if f.Note {
				notes++
			} else {
				wrong++
			}
		}
		if !errors.Is(err, io.EOF) || len(docs) != c.docs || notes != c.notes || wrong != c.wrong {
			t.Errorf("%s: %d documents, %+v, %v", name, len(docs), faults, err)
		}
		for _, d := range docs {
			if k, err := d.Kopecks(); err != nil || k == 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestWordsOfTheFormatInOtherSpellingsAreTheSameWords(t *testing.T) {
	in := string(write(t, UTF8, duty(1)))
	other := strings.NewReplacer("СекцияДокумент", "СЕКЦИЯДОКУМЕНТ", "Сумма=", "сумма=", "ПлательщикСчет=", "ПлательщикСчёт=", "РасчСчет=", "РасчСчёт=", "КонецДокумента", "конецдокумента", "КонецФайла", "КонецФайла\x1a").Replace(in)
	read := func(in string) (Document, *Reader) {
		r := NewReader(strings.NewReader(in))
		var d, next Document
		if err := r.Next(&d); err != nil {
			t.Fatal(err)
		}
		if err := r.Next(&next); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		return d, r
	}
	a, _ := read(in)
	b, r := read(other)
	for k := range keyCount {
		if a.Get(k) != b.Get(k) {
			t.Errorf("%s: %q, want %q", k, b.Get(k), a.Get(k))
		}
	}
	if len(r.Faults()) != 0 || len(r.Header().Accounts) != 1 || len(b.Extra) != 0 {
		t.Errorf("%+v %+v %+v", r.Faults(), r.Header(), b.Extra)
	}
}
