//go:build unix

package bulkpay_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest/pgcluster"
	"github.com/epgu-cli/epgu/internal/journal/postgres"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// The lock beside a plan keeps two runs apart on one machine. Machines that share a
// journal in PostgreSQL may run one plan at once, each with a copy of its file: what
// one has in hand the other leaves alone.
func TestMachinesThatShareAJournalShareAPlan(t *testing.T) {
	c, err := pgcluster.Start("")
	if errors.Is(err, pgcluster.ErrAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	const rows, machines = 600, 3
	path := filepath.Join(t.TempDir(), "shared.plan")
	writePlan(t, path, rows)
	portal := &ledgerPortal{payments: map[string]wire.Payment{}}
	server := httptest.NewServer(portal)
	t.Cleanup(server.Close)
	var all sync.WaitGroup
	sent := make([]int, machines)
	for i := range machines {
		all.Go(func() {
			n, err := runShared(t, c.URL, server.URL, path)
			if err != nil {
				t.Errorf("machine %d: %v", i, err)
			}
			sent[i] = n
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	paid := map[string]string{}
	for id, p := range portal.payments {
		if first := paid[p.UIN]; first != "" {
			t.Errorf("%s was paid twice: %s and %s", p.UIN, first, id)
		}
		paid[p.UIN] = id
	}
	if len(paid) != rows || portal.requests != rows {
		t.Errorf("%d of %d rows are paid by %d requests", len(paid), rows, portal.requests)
	}
	t.Logf("the machines sent %v", sent)
}

// runShared runs the plan as one machine does and returns how many payments it sent.
func runShared(t *testing.T, store, portal, path string) (int, error) {
	j, err := postgres.Open(t.Context(), postgres.Options{URL: store, Schema: "shared"})
	if err != nil {
		return 0, err
	}
	p, err := planfile.Open(path)
	if err != nil {
		return 0, errors.Join(err, j.Close())
	}
	tr, err := transport.New(transport.Options{Origins: []string{portal}, Tokens: token})
	if err != nil {
		return 0, errors.Join(err, p.Close(), j.Close())
	}
	r := &bulkpay.Run{Portal: cabinet.New(tr, portal), Journal: j, Plan: p, Clock: clock.System{}, Sched: bulkpay.NewGoroutines(4),
		Options: bulkpay.Options{Concurrency: 4, Group: 20, Wait: wait}}
	report, err := r.Execute(t.Context())
	if err == nil {
		err = report.Err()
	}
	if err == nil && report.Counts[journal.Paid].N != p.Totals.Pay.N {
		err = fmt.Errorf("the journal says %+v", report.Counts)
	}
	if err != nil {
		return 0, errors.Join(err, p.Close(), j.Close())
	}
	return report.Sent.N, errors.Join(p.Close(), j.Close())
}
