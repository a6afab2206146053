package planfile_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func write(t testing.TB, rows int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := planfile.NewWriter(&b, planfile.Header{ID: "01980000-0000-7000-8000-000000000001", Profile: "demo", Payer: "7700000000",
		CreatedAt: time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC), Sources: []planfile.Source{{Name: "july.csv", Columns: []string{"УИН", "Сумма"}}}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range rows {
		r := planfile.Row{Status: planfile.Pay, Kopecks: int64(100 + n), UIN: fmt.Sprintf("18%018d", n), Payer: "7700000000", Cells: []string{`a "b" <c>`, "1"}}
		if n%3 == 2 {
			r.Status = planfile.Paid
		}
		r.Payee = &planfile.Payee{Name: "УФК", Account: fmt.Sprint("0310", n%2)}
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	sum, err := w.Close()
	if err != nil || len(sum) != 64 {
		t.Fatal(sum, err)
	}
	return b.Bytes()
}

func TestAPlanIsReadBackAsItWasWritten(t *testing.T) {
	for _, rows := range []int{0, 1, 2, 1023, 1024, 1025, 3000} {
		data := write(t, rows)
		p, err := planfile.Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatalf("%d rows: %v", rows, err)
		}
		n, pay, sum := 0, 0, int64(0)
		for r, err := range p.Rows(1) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; r.N != n {
				t.Fatalf("row %d stands at %d", r.N, n)
			}
			if r.Status == planfile.Pay {
				pay++
				sum += r.Kopecks
			}
		}
		if n != rows || p.Totals.Rows != rows || pay != p.Totals.Pay.N || sum != p.Totals.Pay.Kopecks {
			t.Fatalf("%d rows: read %d, %d to pay of %d, totals %+v", rows, n, pay, sum, p.Totals)
		}
		if !bytes.Equal(data, write(t, rows)) {
			t.Fatal("the same plan is written in two ways")
		}
	}
}

func TestReadingBeginsAtAnyRow(t *testing.T) {
	data := write(t, 3000)
	p, err := planfile.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []int{-1, 0, 1, 2, 1024, 1025, 1026, 2048, 2999, 3000, 3001, 9999} {
		want := max(from, 1)
		for r, err := range p.ToPay(from) {
			if err != nil {
				t.Fatal(err)
			}
			for want%3 == 0 { // these are paid already
				want++
			}
			if r.N != want {
				t.Fatalf("from %d came row %d, want %d", from, r.N, want)
			}
			want++
		}
		if from <= 3000 && want < 3000 {
			t.Fatalf("from %d ended before %d", from, want)
		}
	}
}

// held opens a plan and reads all of it, as a run would.
func held(data []byte) error {
	p, err := planfile.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	return p.Verify()
}

func TestAPlanOfWhichOneByteIsChangedIsRefused(t *testing.T) {
	data := write(t, 7)
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1
		if held(bad) == nil {
			t.Fatalf("byte %d was changed and the plan is read", i)
		}
	}
	for n := range data {
		if held(data[:n]) == nil {
			t.Fatalf("cut to %d bytes the plan is read", n)
		}
	}
	if held(append(bytes.Clone(data), '\n')) == nil {
		t.Fatal("a byte after the end is not noticed")
	}
}

// file is a file that somebody else may write to while it is read.
type file struct{ data []byte }

func (f *file) ReadAt(b []byte, at int64) (int, error) { return bytes.NewReader(f.data).ReadAt(b, at) }

func TestARowThatIsChangedAfterThePlanWasOpenedIsNamedAndNotGiven(t *testing.T) {
	for name, change := range map[string]func([]byte) []byte{
		"edited": func(b []byte) []byte { return bytes.Replace(b, []byte(`"kopecks":800`), []byte(`"kopecks":900`), 1) },
		"cut":    func(b []byte) []byte { return b[:len(b)/2] },
	} {
		f := &file{write(t, 1500)}
		p, err := planfile.Read(f, int64(len(f.data)))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for r, err := range p.ToPay(1) {
			if err != nil {
				if !strings.Contains(err.Error(), "rows 513 to 768 are not what they were") || n != 512 {
					t.Errorf("%s: after row %d: %v", name, n, err)
				}
				n = -1
				break
			}
			if n = r.N; n == 400 {
				f.data = change(f.data)
			}
		}
		if n != -1 {
			t.Errorf("%s: read to row %d without a word", name, n)
		}
	}
}

func TestTotalsAreByStatusAndPayee(t *testing.T) {
	data := write(t, 6)
	p, err := planfile.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if p.Totals.ByStatus[planfile.Paid].N != 2 || len(p.Totals.ByPayee) != 2 || p.Totals.ByPayee[0].Kopecks < p.Totals.ByPayee[1].Kopecks {
		t.Fatalf("%+v", p.Totals)
	}
}

// resealed is a plan after change, with every hash made anew by hand.
func resealed(t *testing.T, data []byte, change func(string) string) *planfile.Plan {
	t.Helper()
	body, rest, _ := strings.Cut(string(data), `{"totals"`)
	changed := change(body)
	if changed == body {
		t.Fatal("nothing was changed")
	}
	head, rows, _ := strings.Cut(changed, "\n")
	tail, _, _ := strings.Cut(`{"totals"`+rest, `{"sha256"`)
	before, after, _ := strings.Cut(tail, `"sha256":"`)
	tail = fmt.Sprintf("%s\"sha256\":\"%x%s", before, sha256.Sum256([]byte(rows)), after[64-1+1:])
	out := fmt.Appendf(nil, "%s%s{\"sha256\":\"%x\",\"tail\":%d}\n", changed, tail, sha256.Sum256([]byte(head+"\n"+tail)), len(changed))
	p, err := planfile.Read(bytes.NewReader(out), int64(len(out)))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTotalsThatAreNotThoseOfTheRowsAreFoundBeforeAnybodySigns(t *testing.T) {
	for _, rows := range []int{0, 1, 1025} {
		data := write(t, rows)
		p, err := planfile.Read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Prove(); err != nil {
			t.Errorf("%d rows as they were written: %v", rows, err)
		}
	}
	for name, change := range map[string]func(string) string{
		"a row pays more":          func(s string) string { return strings.Replace(s, `"kopecks":101`, `"kopecks":109`, 1) },
		"a row pays twice":         func(s string) string { return strings.Replace(s, `"kopecks":101`, `"kopecks":101,"kopecks":999101`, 1) },
		"a row hides that it pays": func(s string) string { return strings.Replace(s, `"s":"pay",`, `"s":"pay","s":"paid",`, 1) },
		"a row pays somebody else": func(s string) string { return strings.Replace(s, `"03101"`, `"03109"`, 1) },
	} {
		if err := resealed(t, write(t, 5), change).Prove(); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(write(f, 3))
	f.Add([]byte(strings.Repeat("{}\n", 5)))
	f.Add([]byte(`{"epguPlan":2,"id":"01980000-0000-7000-8000-000000000001","profile":"a","sources":[],"blockRows":256}` + "\n{\"sha256\":\"\"}\n"))
	f.Fuzz(func(t *testing.T, data []byte) { read(t, data, false) })
}

// What is between the header and the seal may be anything; the hashes fit.
func FuzzReadSealed(f *testing.F) {
	whole := string(write(f, 3))
	rows, rest, _ := strings.Cut(whole, `{"totals"`)
	head, rows, _ := strings.Cut(rows, "\n")
	tail, _, _ := strings.Cut(`{"totals"`+rest, `{"sha256"`)
	f.Add(head, rows, tail)
	f.Add(head, "", `{"totals":0,"payments":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}`+"\n"+`{"seen":{}}`+"\n")
	f.Add(head, strings.Replace(rows, `"s":"pay"`, `"s":"pay","s":"paid"`, 1), tail)
	f.Fuzz(func(t *testing.T, head, rows, tail string) {
		before, after, ok := strings.Cut(tail, `"sha256":"`)
		if ok && len(after) >= 64 {
			tail = fmt.Sprintf("%s\"sha256\":\"%x%s", before, sha256.Sum256([]byte(rows)), after[64:])
		}
		out := fmt.Appendf(nil, "%s\n%s%s{\"sha256\":\"%x\",\"tail\":%d}\n", head, rows, tail, sha256.Sum256([]byte(head+"\n"+tail)), len(head)+1+len(rows))
		read(t, out, true)
	})
}

// read reads all of a plan in every way, and holds what comes to what must be true.
func read(t *testing.T, data []byte, sealed bool) {
	p, err := planfile.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return
	}
	n, sum := 0, int64(0)
	for r, err := range p.Rows(1) {
		if err != nil {
			return
		}
		if n++; r.N != n {
			t.Fatalf("row %d came as the %dth", r.N, n)
		}
		if r.Status == planfile.Pay {
			sum += r.Kopecks
		}
	}
	if err := p.Verify(); err != nil {
		t.Fatalf("all rows were read, and then %v", err)
	}
	if p.Prove() != nil {
		return
	}
	if n != p.Totals.Rows || sum != p.Totals.Pay.Kopecks {
		t.Fatalf("proven are %d rows of %d, %d kopecks of %d (sealed: %v)", n, p.Totals.Rows, sum, p.Totals.Pay.Kopecks, sealed)
	}
	for r, err := range p.ToPay(1) {
		if err != nil {
			t.Fatalf("a proven plan cannot be read: %v", err)
		}
		if r.UIN == "" && r.Kopecks != 0 {
			if _, err := p.Vouch(r.N, &cabinet.PaymentRequest{AmountKopecks: r.Kopecks, Requisites: r.Requisites()}); err != nil {
				t.Fatalf("row %d: %v", r.N, err)
			}
		}
	}
}

func BenchmarkOpenAHundredThousandRows(b *testing.B) {
	data := write(b, 100_000)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := planfile.Read(bytes.NewReader(data), int64(len(data))); err != nil {
			b.Fatal(err)
		}
	}
}
