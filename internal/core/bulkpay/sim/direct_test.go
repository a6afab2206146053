package sim

import (
	"fmt"
	"testing"
)

func TestSimNoSeedSendsTwiceOrForgetsByDirectBank(t *testing.T) {
	try(t, func(seed uint64, trace *[]string) (tally, error) {
		d := newDirectWorld(seed, trace)
		err := d.live()
		return tally{crashes: d.crashes, payments: len(d.executed)}, err
	})
}

func TestSimASeedOfDirectBankRepeatsItselfExactly(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		var a, b []string
		if err := newDirectWorld(seed, &a).live(); err != nil {
			t.Fatal(err)
		}
		if err := newDirectWorld(seed, &b).live(); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(a) != fmt.Sprint(b) || len(a) == 0 {
			for i := range a {
				if i < len(b) && a[i] != b[i] {
					t.Fatalf("seed %d, line %d: %s | %s", seed, i, a[i], b[i])
				}
			}
			t.Fatalf("seed %d went two ways", seed)
		}
	}
}
