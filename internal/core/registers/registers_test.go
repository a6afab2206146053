package registers

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/money"
	"github.com/epgu-cli/epgu/internal/payfile/register"
	"github.com/epgu-cli/epgu/internal/requisites"
)

func update() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

func TestMain(m *testing.M) {
	flag.Bool("update", false, "write the golden files anew")
	flag.Parse()
	os.Exit(m.Run())
}

// uin returns the nth made-up УИН.
func uin(n int) string {
	for d := range 10 {
		if s := fmt.Sprintf("188%016d%d", n*7, d); requisites.ValidUIN(s) {
			return s
		}
	}
	return ""
}

func save(t testing.TB, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func run(t testing.TB, o Options) (*Summary, []Finding) {
	t.Helper()
	var found []Finding
	sum, err := Check(context.Background(), o, func(f Finding) error {
		found = append(found, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum, found
}

// places lists problems as "code@file:line".
func places(found []Finding) (all []string) {
	for _, f := range found {
		all = append(all, fmt.Sprintf("%s@%s:%d", f.Code, filepath.Base(f.File), f.Line))
	}
	return all
}

const heads = "УИН;Сумма;ИНН плательщика;Счёт получателя;КБК;ОКТМО;Период (107)\n"

func TestDuplicatesAreFoundInsideAndAcrossFiles(t *testing.T) {
	dir := t.TempDir()
	a := save(t, dir, "a.csv", heads+uin(1)+";1;7707083893;;;;\n"+uin(2)+";1;7707083893;;;;\n"+uin(1)+";1,00;7707083893;;;;\n")
	b := save(t, dir, "b.csv", heads+uin(3)+";1;7707083893;;;;\n "+uin(2)+";5;7707083893;;;;\n"+uin(1)+";1;7830002293;;;;\n"+uin(1)+";1;7830002293;;;;\n")
	sum, found := run(t, Options{Files: []string{a, b}})
	want := []string{"register.duplicate@a.csv:4", "register.duplicate@b.csv:3", "register.same_uin@b.csv:4", "register.duplicate@b.csv:5"}
	if !slices.Equal(places(found), want) {
		t.Errorf("%v", places(found))
	}
	if m := found[1].Message.In(i18n.RU); m != "этот платёж уже есть в строке 3 файла a.csv" {
		t.Error(m)
	}
	if sum.Rows != 7 || sum.Bad != 3 || sum.Good.Rows != 4 || sum.Good.Kopecks != 400 || found[0].Column != 1 || found[0].Number != 22 {
		t.Errorf("%+v %+v", sum, found[0].Problem)
	}
}

// Two rows are duplicates here exactly when the journal would take them for
// one payment.
func TestDuplicatesAreWhatTheJournalWouldRefuse(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		b.WriteString("УИН;Сумма;ИНН плательщика;Получатель;ИНН получателя;Счёт получателя;БИК;КБК;ОКТМО;Назначение;Период (107)\n")
		n := rapid.IntRange(2, 12).Draw(t, "rows")
		pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
		for range n {
			fmt.Fprintf(&b, "%s;%s;%s;УФК;7730176610;%s;004525988;%s;%s;Госпошлина;%s\n",
				pick("uin", "", "0", uin(1), " "+uin(1)+" ", uin(2)), pick("sum", "1", "1,00", "2"), pick("payer", "7707083893", "77 07083893", "7830002293"),
				pick("account", "03100643000000017300", "03100643000000017301"), pick("kbk", "18810807141011000110", "18810807141011000120"),
				pick("oktmo", "45328000", "45328001"), pick("period", "0", "МС.01.2026", "мс.01.2026"))
		}
		path := filepath.Join(dir, "a.csv")
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		got := map[int]bool{}
		if _, err := Check(context.Background(), Options{Files: []string{path}}, func(f Finding) error {
			if f.Code == "register.duplicate" {
				got[f.Row] = true
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		r, err := register.Open(path, register.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		c := register.NewChecker(r.Layout())
		keys := map[string]bool{}
		for row, err := range r.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			if !c.Check(row, func(p register.Problem) {}) {
				t.Fatalf("row %d does not pass", row.Ordinal)
			}
			p := Payment(row)
			if keys[p.Key()] != got[row.Ordinal] {
				t.Fatalf("row %d: journal %v, check %v\n%s", row.Ordinal, keys[p.Key()], got[row.Ordinal], b.String())
			}
			keys[p.Key()] = true
		}
	})
}

func TestDuplicatesBeyondMemoryAreFoundToo(t *testing.T) {
	const rows = 60_000 // more than the blocks of all partitions hold
	var b strings.Builder
	b.WriteString("УИН;Сумма\n")
	for i := range rows {
		b.WriteString(uin(i) + ";1\n")
	}
	dir := t.TempDir()
	for _, i := range []int{0, 7, rows - 1} {
		b.WriteString(uin(i) + ";1\n")
	}
	temp := filepath.Join(dir, "temp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	_, found := run(t, Options{Files: []string{save(t, dir, "a.csv", b.String())}, TempDir: temp})
	found = slices.DeleteFunc(found, func(f Finding) bool { return f.Severity == register.Warning }) // an УИН may end in zeros
	if want := []string{"register.duplicate@a.csv:60002", "register.duplicate@a.csv:60003", "register.duplicate@a.csv:60004"}; !slices.Equal(places(found), want) {
		t.Errorf("%v", places(found))
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("%v was left behind", left)
	}
}

func TestTheErrFileTellsEverythingButNoPersonalData(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		dir := t.TempDir()
		path := save(t, dir, "july.csv", "УИН;Сумма;ИНН плательщика;Плательщик;КБК;Внутреннее\n"+
			uin(1)+";1 234,56;500100732259;Тестов Иван;18810807141011000110;x\n"+
			uin(2)[:19]+"0;1,234;500100732258;Тестов\tИван;18201061201010000510;x\n"+
			"1,88E+19;Тестов Иван;5,001E+11;Тестов Иван;1881080714101100011;x\n"+
			uin(1)+";1 234,56;500100732259;Тестов Иван;18810807141011000110;x\n"+
			uin(3)+";1")
		sum, _ := run(t, Options{Files: []string{path}, ErrFiles: true, Lang: lang})
		got, err := os.ReadFile(path + ".err")
		if err != nil || sum.Files[0].ErrFile != path+".err" {
			t.Fatal(err, sum)
		}
		golden := filepath.Join("testdata", "july."+string(lang)+".err")
		if update() {
			if err := os.WriteFile(golden, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s:\n%s", lang, got)
		}
		for _, secret := range []string{"Тестов", "Иван", "500100", "5,001"} {
			if bytes.Contains(got, []byte(secret)) {
				t.Errorf("%s: the file holds %s", lang, secret)
			}
		}
		if info, err := os.Stat(path + ".err"); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v %v", info.Mode(), err)
		}
	}
}

func TestACleanRegisterLosesItsOldErrFileAndNobodyElses(t *testing.T) {
	dir := t.TempDir()
	path := save(t, dir, "a.csv", "УИН;Сумма\n"+uin(1)+";x\n")
	o := Options{Files: []string{path}, ErrFiles: true}
	run(t, o)
	if _, err := os.Stat(path + ".err"); err != nil {
		t.Fatal(err)
	}
	save(t, dir, "a.csv", "УИН;Сумма\n"+uin(1)+";5\n")
	run(t, o)
	if _, err := os.Stat(path + ".err"); !os.IsNotExist(err) {
		t.Error("the old .err file is still there")
	}
	save(t, dir, "a.csv.err", "somebody's own notes\n")
	run(t, o)
	save(t, dir, "a.csv", "УИН;Сумма\n"+uin(1)+";x\n")
	var f *fault.Error
	if _, err := Check(context.Background(), o, nil); !errors.As(err, &f) || f.Code != "register.err_taken" {
		t.Errorf("a file of the user's was to be replaced: %v", err)
	}
	if b, _ := os.ReadFile(path + ".err"); string(b) != "somebody's own notes\n" {
		t.Errorf("%q", b)
	}
}

func TestControlTotalsMustMatch(t *testing.T) {
	dir := t.TempDir()
	a := save(t, dir, "a.csv", "УИН;Сумма;КБК\n"+uin(1)+";100,10;18810807141011000110\n"+uin(2)+";0,90;18810807141011000110\n")
	b := save(t, dir, "b.csv", "УИН;Сумма;КБК\n"+uin(3)+";5;18810807141011000120\n")
	count, sum := 3, int64(10600)
	good := Expectations{Count: &count, Sum: &sum, KBK: []KBKTotal{{KBK: "18810807141011000110", Kopecks: 10100}, {KBK: "18810807141011000120", Kopecks: 500}}}
	if s, found := run(t, Options{Files: []string{a, b}, Expect: good}); s.Errors != 0 || s.Totals.Kopecks != sum || len(s.Totals.ByKBK()) != 2 {
		t.Errorf("%v", places(found))
	}
	count2, sum2 := 4, int64(1)
	_, found := run(t, Options{Files: []string{a, b}, Expect: Expectations{Count: &count2, Sum: &sum2, KBK: []KBKTotal{{KBK: "18810807141011000110", Kopecks: 1}, {KBK: "18810807141011000199", Kopecks: 7}}}})
	if want := []string{"register.total_count@a.csv:0", "register.total_sum@a.csv:0", "register.total_kbk@a.csv:0", "register.total_kbk@a.csv:0"}; !slices.Equal(places(found), want) {
		t.Errorf("%v", places(found))
	}
	if m := found[0].Message.In(i18n.RU); m != "строк 3, а должно быть 4 (разница -1)" {
		t.Error(m)
	}
	for _, m := range []string{found[1].Message.In(i18n.RU), found[1].Message.In(i18n.EN)} {
		if strings.Contains(m, "%!") || strings.HasSuffix(m, " ") {
			t.Errorf("%q", m)
		}
	}
}

func TestGoodRowsAreSplitOffOnlyWithinTheThreshold(t *testing.T) {
	dir := t.TempDir()
	text := "Реестр\nУИН;Сумма;Кому \"так\"\n" + uin(1) + ";1 234,56;\"а;б\"\n" + uin(2) + ";x;в\n" + uin(3) + ";2;г\n" + uin(3) + ";2;г\n"
	path := save(t, dir, "july.csv", text)
	good := filepath.Join(dir, "july.good.csv")
	for _, threshold := range []string{"49%", "1"} {
		m, err := ParseThreshold(threshold)
		if err != nil {
			t.Fatal(err)
		}
		if sum, _ := run(t, Options{Files: []string{path}, MaxBad: &m}); sum.Split || sum.Bad != 2 {
			t.Errorf("%s: %+v", threshold, sum)
		}
		if _, err := os.Stat(good); err == nil {
			t.Fatalf("%s: split", threshold)
		}
	}
	m, _ := ParseThreshold("50%")
	sum, _ := run(t, Options{Files: []string{path}, MaxBad: &m})
	b, err := os.ReadFile(good)
	if want := "УИН;Сумма;\"Кому \"\"так\"\"\"\r\n" + uin(1) + ";1 234,56;\"а;б\"\r\n" + uin(3) + ";2;г\r\n"; err != nil || string(b) != want || !sum.Split || sum.Files[0].GoodFile != good {
		t.Errorf("%q %v %+v", b, err, sum)
	}
	if again, found := run(t, Options{Files: []string{good}}); again.Errors != 0 || again.Rows != 2 {
		t.Errorf("%v", places(found))
	}
	count := 9
	if sum, _ := run(t, Options{Files: []string{path}, MaxBad: &m, Expect: Expectations{Count: &count}}); sum.Split {
		t.Error("split although the totals do not match")
	}
}

func TestARegisterThatCannotBeReadDoesNotHideTheOthers(t *testing.T) {
	dir := t.TempDir()
	a := save(t, dir, "a.csv", "\x7fELF\x00")
	b := save(t, dir, "b.csv", "УИН;Сумма\n"+uin(1)+";x\n")
	c := save(t, dir, "c.csv", "УИН;Сумма\n")
	_, found := run(t, Options{Files: []string{a, b, c}})
	if want := []string{"csv.binary@a.csv:0", "register.amount.form@b.csv:2", "register.empty@c.csv:0"}; !slices.Equal(places(found), want) {
		t.Errorf("%v", places(found))
	}
	var f *fault.Error
	for _, files := range [][]string{{b, filepath.Join(dir, ".", "b.csv")}, {b, filepath.Join(dir, "absent")}} {
		if _, err := Check(context.Background(), Options{Files: files}, nil); !errors.As(err, &f) {
			t.Errorf("%v: %v", files, err)
		}
	}
}

func TestThresholdsAndTotalsAreReadExactly(t *testing.T) {
	for s, want := range map[string]Threshold{"1%": {-1, 1_0000}, "0,5 %": {-1, 5000}, "0.0001%": {-1, 1}, "20": {20, 0}, "100%": {-1, 100_0000}} {
		if got, err := ParseThreshold(s); err != nil || got != want {
			t.Errorf("%s: %+v %v", s, got, err)
		}
	}
	for _, s := range []string{"", "%", "-1", "101%", "1.00001%", "x", "1e2%"} {
		if got, err := ParseThreshold(s); err == nil {
			t.Errorf("%q: %+v", s, got)
		}
	}
	if k, err := ParseKBKTotal("18810807141011000110=1 000,50"); err != nil || k.Kopecks != 100050 {
		t.Error(k, err)
	}
	for _, s := range []string{"1=1", "18810807141011000110", "18810807141011000110=x"} {
		if _, err := ParseKBKTotal(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
	if k, err := ParseSum("0,00"); err != nil || k != 0 {
		t.Error(k, err)
	}
}

func TestTemplatesAreEmptyRegistersThatAreReadWhole(t *testing.T) {
	dir := t.TempDir()
	for _, format := range []register.Format{register.CSV, register.XLSX} {
		for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
			var b bytes.Buffer
			if err := WriteTemplate(&b, format, lang, time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)); err != nil {
				t.Fatal(err)
			}
			path := save(t, dir, "template."+string(format), b.String())
			r, err := register.Open(path, register.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range register.Fields() {
				if !r.Layout().Has(f.Field) {
					t.Errorf("%s, %s: %s is not recognised", format, lang, f.Name)
				}
			}
			for range r.Rows() {
				t.Errorf("%s: the template has a row", format)
			}
			r.Close()
		}
	}
}

func TestTemplatesWithoutHeadingsLetNothingThrough(t *testing.T) {
	for format, want := range map[register.Format]string{register.OneC: "register.empty", register.JSONL: "register.amount.empty"} {
		var b bytes.Buffer
		if err := WriteTemplate(&b, format, i18n.RU, time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
		path := save(t, t.TempDir(), "template", b.String())
		var codes []string
		sum, err := Check(t.Context(), Options{Files: []string{path}}, func(f Finding) error { codes = append(codes, f.Code); return nil })
		if err != nil || sum.Good.Rows != 0 || sum.Files[0].Format != format || !slices.Contains(codes, want) {
			t.Errorf("%s: %+v, %v, %v", format, sum, codes, err)
		}
	}
}

func TestAnInterruptedCheckStops(t *testing.T) {
	var b strings.Builder
	b.WriteString("УИН;Сумма\n")
	for range 5000 {
		b.WriteString(uin(1) + ";1\n")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Check(ctx, Options{Files: []string{save(t, t.TempDir(), "a.csv", b.String())}}, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// The check reads over the file's bytes without copying them: what a problem
// quotes must not change when the next piece of the file is read.
func TestWhatProblemsQuoteOutlivesTheReading(t *testing.T) {
	var b strings.Builder
	b.WriteString("УИН;Сумма;ИНН плательщика;Плательщик;Получатель;Счёт получателя;БИК;Корр. счёт;КБК;ОКТМО;Назначение;101;106;107;108;109;110\n")
	for i := range 800 {
		bad := uin(i)[:19] + "x"
		fmt.Fprintf(&b, "%s;1,%03d;770708389%d;Тестов\x01;УФК;4070281013825012301%d;044525225;3010181040000000022%d;18210803010010000%03d;4532800%d;₽;9%d;ЯЯ;МС.%d.2026;0;%d.02.2026;ШТ\n",
			uin(i), i%1000, i%10, i%10, i%10, i%1000, i%10, i%10, 13+i%80, 30+i%60)
		fmt.Fprintf(&b, "%s;%dE+5;1,%dE+11;;;;;;;;;;;;;;\nИтого %d;;;;;;;;;;;;;;;;\n", bad, i, i, i)
	}
	var found []Finding
	var then []string
	show := func(f Finding) string {
		p := f.Problem
		return p.Code + p.Heading + p.Suggestion + p.Message.In(i18n.RU) + p.Message.In(i18n.EN) + p.Hint.In(i18n.RU) + p.Why.In(i18n.EN)
	}
	if _, err := Check(context.Background(), Options{Files: []string{save(t, t.TempDir(), "a.csv", b.String())}}, func(f Finding) error {
		found, then = append(found, f), append(then, strings.Clone(show(f)))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, f := range found {
		seen[f.Code] = true
		if now := show(f); now != then[i] {
			t.Fatalf("line %d: %q became %q", f.Line, then[i], now)
		}
	}
	for _, code := range []string{"register.administrator", "register.rounded", "register.amount.ambiguous", "register.amount.float", "register.total", "inn.check_digit", "account.key", "register.unlisted"} {
		if !seen[code] {
			t.Errorf("%s did not come up", code)
		}
	}
}

func TestAReportThatIsFedInAgainHasItsSettledRowsPassedOver(t *testing.T) {
	var b strings.Builder
	b.WriteString("УИН;Сумма, руб.;epgu_state;epgu_payment\n")
	fmt.Fprintf(&b, "%s;100,00;paid;x\n%s;200,00;refused;y\n%s;200,00;paid;z\n18810177170325189255;300,00;paid;wrong but paid\n", uin(1), uin(2), uin(2))
	path := save(t, t.TempDir(), "july-result.csv", b.String())
	count, sum := 1, int64(200_00)
	var found []string
	got, err := Check(t.Context(), Options{Files: []string{path}, Expect: Expectations{Count: &count, Sum: &sum}}, func(f Finding) error { found = append(found, f.Code); return nil })
	if err != nil || len(found) != 0 || got.Settled != 3 || got.Totals.Rows != 1 || got.Good.Kopecks != 200_00 {
		t.Fatalf("%v, %v, %+v", err, found, got)
	}
}

func FuzzAControlTotalIsExactOrRefused(f *testing.F) {
	for _, s := range []string{"18210301000010000110=100,50", "18210301000010000110=0", "=1", "18210301000010000110", "18210301000010000110=-1", "18210301000010000110=99999999999999999999", "1%", "0,5%", "20", "100.0001%", "%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if k, err := ParseKBKTotal(s); err == nil {
			if k.Kopecks < 0 || !requisites.ValidKBK(k.KBK) {
				t.Fatalf("%q was read as %+v", s, k)
			}
			again, err := ParseKBKTotal(k.KBK + "=" + money.Format(k.Kopecks, ','))
			if err != nil || again != k {
				t.Fatalf("%q was read as %+v, which reads back as %+v, %v", s, k, again, err)
			}
		}
		if th, err := ParseThreshold(s); err == nil {
			if th.Count < -1 || th.Percent < 0 || th.Percent > 100_0000 || th.Count == -1 && !th.allows(0, 10) || th.allows(11, 10) && th.Count < 11 && th.Count >= 0 {
				t.Fatalf("%q was read as %+v", s, th)
			}
		}
	})
}
