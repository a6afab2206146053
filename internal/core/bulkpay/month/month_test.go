package month_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/month"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/flock"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
)

// world is a journal with a clock that the test turns.
type world struct {
	t     *testing.T
	clock *clock.Manual
	journal.Journal
	n int
}

func newWorld(t *testing.T) *world {
	c := clock.NewManual(time.Date(2026, 6, 30, 20, 30, 0, 0, time.UTC)) // 23:30 in Moscow
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: filepath.Join(t.TempDir(), "journal"), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return &world{t: t, clock: c, Journal: j}
}

// at turns the clock on to a moment, or back.
func (w *world) at(t time.Time) { w.clock.Advance(t.Sub(w.clock.Now())) }

// pay journals a payment of a run and moves it through states.
func (w *world) pay(run string, kopecks int64, to ...journal.State) string {
	w.t.Helper()
	w.n++
	q := journal.Payment{Profile: "demo", Run: run, Row: w.n, Via: journal.ViaPortal, Payer: "7707083893", UIN: fmt.Sprintf("1881017717032518%04d", w.n), AmountKopecks: kopecks,
		PayeeName: "=УФК", PayeeAccount: "03100643000000018500", KBK: "18811601123010001140"}
	res, err := w.Plan(w.t.Context(), []journal.Payment{q})
	if err != nil {
		w.t.Fatal(err)
	}
	w.move(res[0].Payment.ID, journal.Planned, to...)
	return res[0].Payment.ID
}

func (w *world) move(id string, from journal.State, to ...journal.State) {
	w.t.Helper()
	for _, s := range to {
		if s == journal.Sending {
			p, err := w.Payment(w.t.Context(), id)
			if err != nil {
				w.t.Fatal(err)
			}
			if _, err := w.Claim(w.t.Context(), journal.Claim{Run: p.Run, IDs: []string{id}}); err != nil {
				w.t.Fatal(err)
			}
			from = journal.Claimed
		}
		m := journal.Transition{ID: id, From: from, To: s, Evidence: journal.Evidence{Witness: journal.Engine}}
		if s == journal.Paid {
			m.ReceiptID, m.PortalPaymentID = "r", "p"
		}
		if err := w.Move(w.t.Context(), []journal.Transition{m}); err != nil {
			w.t.Fatal(err)
		}
		from = s
	}
}

const july = "01980000-0000-7000-8000-000000000007"

// lived is June to August: paid before, within and after July, refused, never sent.
func lived(t *testing.T) *world {
	w := newWorld(t)
	w.pay("june", 100_00, journal.Sending, journal.Paid) // 30 June, 23:30
	late := w.pay("june", 200_00, journal.Sending, journal.Accepted)
	w.at(time.Date(2026, 6, 30, 21, 30, 0, 0, time.UTC)) // 1 July, 00:30
	w.move(late, journal.Accepted, journal.Paid)
	w.at(time.Date(2026, 7, 15, 9, 0, 0, 0, time.UTC))
	w.pay(july, 300_00, journal.Sending, journal.Paid)
	w.pay(july, 400_00, journal.Sending, journal.Refused)
	w.pay("", 500_00, journal.Sending, journal.Paid)
	next := w.pay(july, 600_00, journal.Sending, journal.Accepted)
	w.pay(july, 700_00) // never sent
	w.at(time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC))
	w.move(next, journal.Accepted, journal.Paid)
	w.pay("august", 800_00, journal.Sending, journal.Paid)
	return w
}

func closing(t *testing.T, w *world) *month.Closing {
	t.Helper()
	m, err := month.Parse("2026-07")
	if err != nil {
		t.Fatal(err)
	}
	return &month.Closing{Month: m, Dir: filepath.Join(t.TempDir(), "july"), Profile: "demo", Journal: w, Clock: w.clock, Lang: i18n.RU, Programme: "epgu test",
		Portal: desk{}, Guard: func(s string) string { return strings.Replace(s, "=", "'=", 1) }}
}

// desk has a receipt of everything.
type desk struct{}

func (desk) Receipt(_ context.Context, id string, w io.Writer, _ int64) (int64, error) {
	n, err := io.WriteString(w, "%PDF "+id)
	return int64(n), err
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestMoneyThatCameBackIsPaidInItsMonthAndReturnedInItsOwn(t *testing.T) {
	w := newWorld(t)
	w.at(time.Date(2026, 7, 15, 9, 0, 0, 0, time.UTC))
	id := w.pay(july, 300_00, journal.Sending, journal.Paid)
	w.at(time.Date(2026, 8, 3, 9, 0, 0, 0, time.UTC))
	back := journal.Transition{ID: id, From: journal.Paid, To: journal.Returned, Document: &journal.Document{Number: "901", Moved: "2026-08-02"},
		Evidence: journal.Evidence{Witness: journal.Operator, Who: "demo chief", Why: "the account is closed"}}
	if err := w.Move(t.Context(), []journal.Transition{back}); err != nil {
		t.Fatal(err)
	}
	w.at(time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC))
	for _, m := range []struct {
		name           string
		paid, returned int
	}{{"2026-07", 1, 0}, {"2026-08", 0, 1}} {
		c := closing(t, w)
		var err error
		if c.Month, err = month.Parse(m.name); err != nil {
			t.Fatal(err)
		}
		sum, err := c.Close(t.Context())
		if err != nil || sum.Paid.N != m.paid || sum.Returned.N != m.returned {
			t.Errorf("%s: paid %d, returned %d, %v", m.name, sum.Paid.N, sum.Returned.N, err)
		}
		if has := strings.Contains(read(t, c.Dir, "returned.csv"), id); has != (m.returned == 1) {
			t.Errorf("%s: returned.csv names the payment: %v", m.name, has)
		}
		if has := strings.Contains(read(t, c.Dir, "paid.csv"), "15.07.2026"); has != (m.paid == 1) {
			t.Errorf("%s: paid.csv has the day of payment: %v", m.name, has)
		}
	}
}

func TestAMonthHasWhatWasPaidWithinIt(t *testing.T) {
	w := lived(t)
	c := closing(t, w)
	var b bytes.Buffer
	pw, err := planfile.NewWriter(&b, planfile.Header{ID: july, Profile: "demo", Payer: "7707083893", Sources: []planfile.Source{{Name: "реестр июль.csv", Columns: []string{"УИН", "Заметка"}}}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 7 {
		r := planfile.Row{Status: planfile.Pay, Kopecks: 1, Payer: "7707083893", Cells: []string{fmt.Sprint(n), "=своё"}}
		if err := pw.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pw.Close(); err != nil {
		t.Fatal(err)
	}
	plan, err := planfile.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	c.Plans = []month.Plan{{Name: "july.plan", Plan: plan}}
	sum, err := c.Close(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if sum.Paid != (planfile.Sum{N: 3, Kopecks: 1000_00}) || sum.Refused.N != 1 || sum.Open.N != 1 || sum.Receipts != 3 || len(sum.Runs) != 3 || sum.Early {
		t.Fatalf("%+v", sum)
	}
	if len(sum.ByPayee) != 1 || sum.ByPayee[0].Kopecks != 1000_00 || sum.ByKBK[0].N != 3 {
		t.Errorf("%+v %+v", sum.ByPayee, sum.ByKBK)
	}
	paid := read(t, c.Dir, "paid.csv")
	for amount, want := range map[string]bool{";200,00;": true, ";300,00;": true, ";500,00;": true, ";100,00;": false, ";400,00;": false, ";600,00;": false, ";800,00;": false} {
		if strings.Contains(paid, amount) != want {
			t.Errorf("paid.csv has %s: %v", amount, !want)
		}
	}
	if strings.Contains(paid, ";=УФК") || !strings.Contains(paid, ";'=УФК") {
		t.Error("a payee's name becomes a formula")
	}
	if open := read(t, c.Dir, "open.csv"); strings.Count(open, "\n") != 2 || !strings.Contains(open, ";700,00;planned;") {
		t.Errorf("open.csv: %s", open)
	}
	if run := read(t, c.Dir, "runs/"+july+".csv"); strings.Count(run, "\n") != 5 {
		t.Errorf("the run: %s", run)
	}
	if own := read(t, c.Dir, "registers/01-july.plan-01-реестр_июль.csv"); !strings.Contains(own, "2;=своё;paid;") {
		t.Errorf("the register: %s", own)
	}
	if onec := read(t, c.Dir, "paid-1c.txt"); strings.Count(onec, "СекцияДокумент=") != 3 || !strings.Contains(onec, "ДатаНачала=01.07.2026") || !strings.Contains(onec, "ДатаКонца=31.07.2026") {
		t.Errorf("the file for 1C: %s", onec)
	}
	v, err := month.Verify(t.Context(), c.Dir)
	if err != nil || len(v.Flaws) != 0 || v.Summary.Paid != sum.Paid {
		t.Fatalf("%+v, %v", v, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(c.Dir), ".*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := c.Close(t.Context()); fault.ExitOf(err) != exitcode.Conflict {
		t.Errorf("closing into the same folder: %v", err)
	}
}

func TestAMonthThatIsNotOverOrHasOpenEndsIsNotClosed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*world, *month.Closing)
		exit   exitcode.Code
	}{
		"over, all final": {func(*world, *month.Closing) {}, exitcode.OK},
		"not over":        {func(w *world, _ *month.Closing) { w.at(time.Date(2026, 7, 31, 20, 59, 59, 0, time.UTC)) }, exitcode.Conflict},
		"not over, but now": {func(w *world, c *month.Closing) {
			w.at(time.Date(2026, 7, 31, 20, 59, 59, 0, time.UTC))
			c.Early = true
		}, exitcode.OK},
		"an unknown outcome": {func(w *world, _ *month.Closing) {
			w.at(time.Date(2026, 7, 20, 9, 0, 0, 0, time.UTC))
			w.pay("lost", 1, journal.Sending, journal.Unknown)
			w.at(time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC))
		}, exitcode.Unknown},
		"an accepted one": {func(w *world, _ *month.Closing) {
			w.at(time.Date(2026, 7, 20, 9, 0, 0, 0, time.UTC))
			w.pay("slow", 1, journal.Sending, journal.Accepted)
			w.at(time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC))
		}, exitcode.Pending},
		"an accepted one, closed all the same": {func(w *world, c *month.Closing) {
			w.at(time.Date(2026, 7, 20, 9, 0, 0, 0, time.UTC))
			w.pay("slow", 1, journal.Sending, journal.Accepted)
			w.at(time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC))
			c.Open = true
		}, exitcode.OK},
		"an unknown one of the next month": {func(w *world, _ *month.Closing) { w.pay("lost", 1, journal.Sending, journal.Unknown) }, exitcode.OK},
	} {
		t.Run(name, func(t *testing.T) {
			w := lived(t)
			closing := closing(t, w)
			c.change(w, closing)
			_, err := closing.Close(t.Context())
			if fault.ExitOf(err) != c.exit {
				t.Fatalf("%v, want exit %d", err, c.exit)
			}
			if _, seen := os.Lstat(closing.Dir); (seen == nil) != (err == nil) {
				t.Errorf("the folder is there: %v, after %v", seen == nil, err)
			}
		})
	}
}

func TestWhateverIsChangedInAClosedMonthIsNamed(t *testing.T) {
	edit := func(name, old, now string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			b := strings.Replace(read(t, dir, name), old, now, 1)
			if err := os.WriteFile(filepath.Join(dir, name), []byte(b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		harm func(*testing.T, string)
		want string
	}{
		"a sum":                 {edit("paid.csv", "300,00", "900,00"), "paid.csv changed"},
		"a longer file":         {edit("totals.csv", "оплачено", "переоплачено"), "totals.csv changed"},
		"a receipt archive":     {func(t *testing.T, dir string) { _ = os.Remove(filepath.Join(dir, "receipts.zip")) }, "receipts.zip missing"},
		"a file of one's own":   {func(t *testing.T, dir string) { _ = os.WriteFile(filepath.Join(dir, "runs", "x.csv"), nil, 0o600) }, "runs/x.csv extra"},
		"the list of sums":      {edit("SHA256SUMS", "a", "b"), "SHA256SUMS changed"},
		"no list of sums":       {func(t *testing.T, dir string) { _ = os.Remove(filepath.Join(dir, "SHA256SUMS")) }, "SHA256SUMS missing"},
		"the manifest's totals": {edit("MANIFEST.json", "100000", "100001"), "SHA256SUMS changed"},
		"an event, and its hashes in the manifest": {func(t *testing.T, dir string) {
			edit("journal.ndjson", `"amountKopecks":30000`, `"amountKopecks":30001`)(t, dir)
			forge(t, dir, "journal.ndjson")
		}, "journal.ndjson chain"},
	} {
		t.Run(name, func(t *testing.T) {
			cl := closing(t, lived(t))
			if _, err := cl.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.harm(t, cl.Dir)
			v, err := month.Verify(t.Context(), cl.Dir)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range v.Flaws {
				got = append(got, f.Path+" "+f.What)
			}
			if strings.Join(got, "; ") != c.want {
				t.Errorf("%v, want %s", v.Flaws, c.want)
			}
		})
	}
}

// forge makes the manifest and the sums agree with a changed file.
func forge(t *testing.T, dir, name string) {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(read(t, dir, "MANIFEST.json")), &m); err != nil {
		t.Fatal(err)
	}
	data := []byte(read(t, dir, name))
	var sums strings.Builder
	for _, f := range m["files"].([]any) {
		f := f.(map[string]any)
		if f["path"] == name {
			f["bytes"], f["sha256"], f["streebog256"] = len(data), sha(data), gost(data)
		}
		fmt.Fprintf(&sums, "%s  %s\n", f["sha256"], f["path"])
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&sums, "%s  MANIFEST.json\n", sha(b))
	for file, body := range map[string][]byte{"MANIFEST.json": b, "SHA256SUMS": []byte(sums.String())} {
		if err := os.WriteFile(filepath.Join(dir, file), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFolderThatIsNoClosedMonthIsRefused(t *testing.T) {
	dir := t.TempDir()
	if _, err := month.Verify(t.Context(), filepath.Join(dir, "absent")); fault.ExitOf(err) != exitcode.NotFound {
		t.Error(err)
	}
	for _, manifest := range []string{"", "{", `{"epguMonth":2}`} {
		if err := os.WriteFile(filepath.Join(dir, "MANIFEST.json"), []byte(manifest), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := month.Verify(t.Context(), dir); fault.ExitOf(err) != exitcode.Failure {
			t.Errorf("%q: %v", manifest, err)
		}
	}
	outside := `{"epguMonth":1,"files":[{"path":"../secret","bytes":1}]}`
	if err := os.WriteFile(filepath.Join(dir, "MANIFEST.json"), []byte(outside), 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := month.Verify(t.Context(), dir)
	if err != nil || len(v.Flaws) == 0 || v.Flaws[0].What != month.Missing {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestMonthsAreRead(t *testing.T) {
	for _, s := range []string{"", "2026", "2026-13", "07-2026", "2026-7-1", "июль"} {
		if m, err := month.Parse(s); fault.ExitOf(err) != exitcode.Usage {
			t.Errorf("%q is %v", s, m)
		}
	}
}

func sha(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func gost(b []byte) string {
	s := streebog.Sum256(b)
	return hex.EncodeToString(s[:])
}

func TestWhatAKilledCloseHasLeftIsTakenAway(t *testing.T) {
	w := lived(t)
	c := closing(t, w)
	home := filepath.Dir(c.Dir)
	left := filepath.Join(home, ".july.partial-123")
	if err := os.MkdirAll(filepath.Join(left, "runs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(left+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	busy := filepath.Join(home, ".july.partial-456") // another process is at it
	if err := os.Mkdir(busy, 0o700); err != nil {
		t.Fatal(err)
	}
	lock, err := flock.TryLock(busy + ".lock")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	c.Open = true
	if _, err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(home)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != ".july.partial-456 .july.partial-456.lock july" {
		t.Errorf("in the folder: %s", got)
	}
}

// A folder with a manifest and with sums that somebody has written: Verify names what
// is wrong with it, looks at nothing outside of it, and never takes it for sound.
func FuzzAManifestIsHeldAgainstItsFolder(f *testing.F) {
	f.Add([]byte(`{"epguMonth":1,"month":"2026-07","files":[{"path":"paid.csv","bytes":3,"sha256":"00","streebog256":"00"}],"journal":{"first":1,"last":2}}`), []byte("00  paid.csv\n"))
	f.Add([]byte(`{"epguMonth":1,"month":"2026-07","files":[{"path":"../outside","bytes":1},{"path":"/etc/passwd","bytes":1},{"path":"","bytes":0}]}`), []byte{})
	f.Add([]byte(`{"epguMonth":2}`), []byte("x"))
	f.Add([]byte(`[]`), []byte{0xff})
	f.Fuzz(func(t *testing.T, manifest, sums []byte) {
		home := t.TempDir()
		dir := filepath.Join(home, "july")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string][]byte{"july/MANIFEST.json": manifest, "july/SHA256SUMS": sums, "july/paid.csv": []byte("abc"), "outside": []byte("x")} {
			if err := os.WriteFile(filepath.Join(home, filepath.FromSlash(name)), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		v, err := month.Verify(t.Context(), dir)
		if err != nil {
			var e *fault.Error
			if !errors.As(err, &e) {
				t.Fatalf("%q: %v", manifest, err)
			}
			return
		}
		if len(v.Flaws) == 0 {
			t.Fatalf("sound: %q with sums %q", manifest, sums)
		}
	})
}
