package bulkpay_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/epgu-cli/epgu/internal/core/bulkpay"
)

// Goroutines serve one piece of work after another and are gone when the run rests.
func TestGoroutinesDoAllWorkAndLeaveNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	g := bulkpay.NewGoroutines(2)
	for range 2 { // it may begin again
		done := 0
		for range 8 {
			g.Go(bulkpay.StepSend, func() func() { return func() { done++ } })
		}
		for n := range 500 {
			apply, err := g.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if apply(); n < 492 {
				g.Go(bulkpay.StepSend, func() func() { return func() { done++ } })
			}
		}
		if g.Rest(); done != 500 {
			t.Fatalf("%d pieces of work were done", done)
		}
	}
}
