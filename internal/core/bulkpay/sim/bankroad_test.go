package sim

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestSimNoSeedSendsTwiceOrForgetsByBankFiles(t *testing.T) {
	try(t, func(seed uint64, trace *[]string) (tally, error) {
		b := newBankWorld(seed, trace)
		err := b.live()
		return tally{crashes: b.crashes, payments: len(b.executed) + len(b.bank.order)}, err
	})
}

func TestSimASeedOfBankFilesRepeatsItselfExactly(t *testing.T) {
	for seed := uint64(1); seed <= 20; seed++ {
		var a, b []string
		if err := newBankWorld(seed, &a).live(); err != nil {
			t.Fatal(err)
		}
		if err := newBankWorld(seed, &b).live(); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(a) != fmt.Sprint(b) || len(a) == 0 {
			t.Fatalf("seed %d went two ways", seed)
		}
	}
}

func TestSimNoIntentionMovesMoneyTwice(t *testing.T) {
	try(t, func(seed uint64, trace *[]string) (tally, error) {
		d := newDeskWorld(seed, trace)
		err := d.live()
		return tally{crashes: d.crashes, payments: len(d.bank.order)}, err
	})
}

// Worlds of bank files in which a mistake was once found. A change of the worlds gives
// these seeds another meaning.
func TestSimSeedsOfBankFilesThatOnceFoundAMistakeFindNoneNow(t *testing.T) {
	for _, seed := range []uint64{
		32,   // what was left was swept after the dead were settled
		3710, // a clock that was set back: an order dated before its payment was journalled was never found in a statement
	} {
		if err := newBankWorld(seed, nil).live(); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

func TestSimNoApplicationIsMadeTwiceOrForgotten(t *testing.T) {
	folder := memory(t)
	try(t, func(seed uint64, trace *[]string) (tally, error) {
		d := newCounterWorld(seed, trace, filepath.Join(folder, fmt.Sprint(seed)))
		err := d.live()
		return tally{crashes: d.crashes, payments: len(d.orders)}, err
	})
}

// memory is a folder in memory where there is one: archives are synced to the disk.
func memory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "epgu-sim-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
