package directroad_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	client "github.com/epgu-cli/epgu/internal/bank/directbank"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/directroad"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
)

func start() time.Time { return time.Date(2026, 7, 15, 9, 0, 0, 0, time.UTC) }

const run = "01980000-0000-7000-8000-000000000001"

// plan has rows of made-up duties without УИН.
func plan(t *testing.T, n int) *planfile.Plan {
	t.Helper()
	var b bytes.Buffer
	w, err := planfile.NewWriter(&b, planfile.Header{ID: run, Profile: "demo", Payer: "7707083893"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := w.Write(&planfile.Row{Status: planfile.Pay, Kopecks: int64(600000 + i), Payer: "7707083893", Purpose: "Госпошлина за регистрацию",
			Payee: &planfile.Payee{Name: "УФК по г. Москве", INN: "7730176610", KPP: "773001001", Account: "03100643000000017300",
				Bank: "ГУ БАНКА РОССИИ ПО ЦФО//УФК по г. Москве", BIK: "004525988", CorrAccount: "40102810545370000003"},
			Budget: &planfile.Budget{Drawer: "08", KBK: "18210301000010000110", OKTMO: "45328000", Basis: "0", Period: "0", DocNo: "0", DocDate: "0"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := planfile.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// model is a bank that keeps what reached it and answers as a seed has it. It knows
// every order by its id, and a repeated one is a second document: nobody promises that
// a bank keeps repeats.
type model struct {
	t     *testing.T
	j     journal.Journal
	draw  *rand.Rand
	ready error
	packs map[string][]directbank.Order // made
	came  map[string]int                // orders that reached it, by id
}

func (m *model) Ready(context.Context, wire.Kind) error { return m.ready }

func (m *model) Orders(_ context.Context, id string, orders []directbank.Order) ([]byte, error) {
	if m.draw.IntN(20) == 0 {
		return nil, errors.New("the key cannot be opened")
	}
	m.packs[id] = orders
	return []byte(id), nil
}

func (m *model) Send(ctx context.Context, packet []byte) (string, client.Fate, error) {
	for _, o := range m.packs[string(packet)] {
		p, err := m.j.Payment(ctx, o.ID)
		c := billing.CarriedOf(&p)
		if err != nil || p.State != journal.Sending || c.Packet != string(packet) || c.Number != o.Order.Number || o.Order.Kopecks != p.AmountKopecks {
			m.t.Errorf("order %s leaves and the journal says %s %+v", o.ID, p.State, c)
		}
	}
	arrive := func() {
		for _, o := range m.packs[string(packet)] {
			m.came[o.ID]++
		}
	}
	switch n := m.draw.IntN(10); {
	case n < 5:
		arrive()
		return "b-" + string(packet), client.Received, nil
	case n < 7: // the answer is lost after the work
		arrive()
		return "", client.Uncertain, errors.New("lost")
	case n < 8: // and before it
		return "", client.Uncertain, errors.New("lost")
	default:
		return "", client.NotTaken, errors.New("closed for maintenance")
	}
}

// Whatever becomes of answers, an order reaches the bank once, and what the journal
// says of it is what the bank has; what is unknown is not sent again.
func TestAnOrderReachesTheBankOnceWhateverIsLost(t *testing.T) {
	for seed := range uint64(25) {
		j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: filepath.Join(t.TempDir(), "journal"), Clock: clock.NewManual(start())})
		if err != nil {
			t.Fatal(err)
		}
		m := &model{t: t, j: j, draw: rand.New(rand.NewPCG(seed, 1)), packs: map[string][]directbank.Order{}, came: map[string]int{}}
		p := plan(t, 7)
		var ended error
		for range 12 {
			r := &directroad.Road{Journal: j, Plan: p, Clock: clock.NewManual(start()), Bank: m, Name: "demo", MaxOrders: 1 + int(seed%3),
				Payer: bankfiles.Payer{Name: "ООО «Три кита»", INN: "7707083893", KPP: "773001001", Account: "40702810138250123017", BIK: "044525225", Bank: "ПАО СБЕРБАНК", Corr: "30101810400000000225"}}
			_, ended = r.Send(t.Context())
		}
		numbers := map[string]bool{}
		rows := 0
		for q, err := range j.List(t.Context(), journal.Filter{Run: run}) {
			if err != nil {
				t.Fatal(err)
			}
			rows++
			c := billing.CarriedOf(&q)
			switch n := m.came[q.ID]; {
			case n > 1:
				t.Errorf("seed %d: row %d reached the bank %d times", seed, q.Row, n)
			case q.State == journal.Accepted && n != 1, q.State == journal.Planned && n != 0, q.State == journal.Refused, q.State == journal.Paid:
				t.Errorf("seed %d: row %d is %s and reached the bank %d times", seed, q.Row, q.State, n)
			case q.State != journal.Planned && (numbers[c.Number] || c.Number == "" || c.Sendings != 1):
				t.Errorf("seed %d: row %d: %+v", seed, q.Row, c)
			}
			numbers[c.Number] = true
		}
		if rows == 0 {
			t.Errorf("seed %d: nothing was journalled: %v", seed, ended)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestABankThatIsNotReadyTouchesNothing(t *testing.T) {
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: filepath.Join(t.TempDir(), "journal"), Clock: clock.NewManual(start())})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	m := &model{t: t, j: j, draw: rand.New(rand.NewPCG(1, 1)), ready: errors.New("no signers")}
	r := &directroad.Road{Journal: j, Plan: plan(t, 2), Clock: clock.NewManual(start()), Bank: m, Name: "demo"}
	if _, err := r.Send(t.Context()); err == nil || !strings.Contains(fmt.Sprint(err), "no signers") {
		t.Fatal(err)
	}
	for q, err := range j.List(t.Context(), journal.Filter{}) {
		t.Errorf("%v %v", q.ID, err)
	}
}
