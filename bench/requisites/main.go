// Command requisites measures how fast mixed requisites are checked, as a
// ratio to a bare pass over the same bytes in the same process, and that the
// valid path does not allocate. It fails when a bar is missed.
//
//	go run ./bench/requisites
package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/requisites"
)

const (
	count  = 1_000_000
	rounds = 9
	bar    = 5e6 // checks per second and core
)

type item struct {
	kind  requisites.Kind
	value string
	bik   requisites.BIK
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/requisites:", err)
		os.Exit(1)
	}
}

func run() error {
	runtime.GOMAXPROCS(1)
	items, err := mixed()
	if err != nil {
		return err
	}
	var bare, checked []time.Duration
	var allocs uint64
	for range rounds {
		start := time.Now()
		sum := 0
		for i := range items {
			for _, c := range []byte(items[i].value) {
				sum += int(c)
			}
		}
		bare = append(bare, time.Since(start))
		runtime.KeepAlive(sum)

		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start = time.Now()
		for i := range items {
			it := &items[i]
			if !requisites.Valid(it.kind, it.value) {
				return fmt.Errorf("%s %q does not pass", it.kind, it.value)
			}
			if it.bik != "" && requisites.KeyOf(it.bik, requisites.Account(it.value)) != requisites.KeyValid {
				return fmt.Errorf("%s does not fit %s", it.value, it.bik)
			}
		}
		checked = append(checked, time.Since(start))
		runtime.ReadMemStats(&after)
		allocs = after.Mallocs - before.Mallocs
	}
	slices.Sort(bare)
	slices.Sort(checked)
	best, base := checked[0], bare[0] // other work on the machine only ever adds time
	rate := count / best.Seconds()
	fmt.Printf("%d mixed requisites on one core: %.1f million checks/s (bar %.0f), %.1f × a bare pass over the bytes, %d allocations\n",
		count, rate/1e6, bar/1e6, float64(best)/float64(base), allocs)
	if rate < bar || allocs > 10 { // the runtime itself may allocate a few times in between
		return fmt.Errorf("the bar is missed")
	}
	return nil
}

// mixed makes valid values of every kind that a payment register holds, all
// different, a tenth of them with spaces as people type them.
func mixed() ([]item, error) {
	items := make([]item, 0, count)
	for n := 0; len(items) < count; n++ {
		uin, err := requisites.MakeUIN("188101771703" + fmt.Sprintf("%07d", n))
		if err != nil {
			return nil, err
		}
		inn := withKey(requisites.KindINN, "77"+fmt.Sprintf("%07d", n))
		ogrn := withKey(requisites.KindOGRN, "10277"+fmt.Sprintf("%07d", n))
		snils := withKey(requisites.KindSNILS, withKey2(fmt.Sprintf("112%06d", n%1_000_000)))
		account := withBankKey("40702810", fmt.Sprintf("%011d", n))
		items = append(items,
			item{requisites.KindUIN, string(uin), ""},
			item{requisites.KindINN, inn, ""},
			item{requisites.KindKPP, "773" + fmt.Sprintf("%06d", n%1_000_000), ""},
			item{requisites.KindOGRN, ogrn, ""},
			item{requisites.KindSNILS, snils, ""},
			item{requisites.KindKBK, "188116300200" + fmt.Sprintf("%08d", n), ""},
			item{requisites.KindOKTMO, "45" + fmt.Sprintf("%06d", n%1_000_000), ""},
			item{requisites.KindBIK, "044" + fmt.Sprintf("%06d", n%1_000_000), ""},
			item{requisites.KindAccount, account, "044525225"},
			item{requisites.KindUIN, strings.Join([]string{string(uin[:4]), string(uin[4:8]), string(uin[8:])}, " "), ""},
		)
	}
	return items[:count], nil
}

// withKey appends the one digit that makes the value pass.
func withKey(k requisites.Kind, prefix string) string {
	for d := range 10 {
		if s := prefix + strconv.Itoa(d); requisites.Valid(k, s) {
			return s
		}
	}
	return prefix
}

// withKey2 appends the first of the two check digits of a СНИЛС.
func withKey2(prefix string) string {
	for d := range 10 {
		s := prefix + strconv.Itoa(d)
		if requisites.ValidSNILS(withKey(requisites.KindSNILS, s)) {
			return s
		}
	}
	return prefix
}

func withBankKey(head, tail string) string {
	for d := range 10 {
		s := head + strconv.Itoa(d) + tail
		if requisites.KeyOf("044525225", requisites.Account(s)) == requisites.KeyValid {
			return s
		}
	}
	return head + "0" + tail
}
