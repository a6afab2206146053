//go:build unix

package bulkpay

import (
	"testing"
	"time"
)

// While the portal on a port takes payments as fast as it can, commands write into
// the same state from processes of their own.
func TestRatioBesideAnotherProcess(t *testing.T) {
	s := serve(t, *rows)
	charges, paid := s.take(t, *rows), make(chan time.Duration, 1)
	go func() { paid <- bare(t, s.url, s.token, charges) }()
	var worst time.Duration
	for n := 0; ; n++ {
		select {
		case took := <-paid:
			t.Logf("%d payments at %.0f/s, %d commands beside them, the slowest %v", *rows, perSecond(*rows, took), n, worst.Round(time.Millisecond))
			return
		default:
		}
		began := time.Now()
		s.run(t, "", "sandbox", "clock", "--speed", "0", "--skip-idle=false")
		worst = max(worst, time.Since(began))
	}
}
