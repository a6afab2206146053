package registers

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/register"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// kbkLimit is how many КБК are added up one by one; rows of more than that go
// into the total only.
const kbkLimit = 4096

// Totals are the control totals of rows.
type Totals struct {
	Rows     int
	Kopecks  int64 // math.MaxInt64 when it does not fit
	NoAmount int   // rows whose amount is absent or cannot be read
	byKBK    map[string]*KBKTotal
	last     *KBKTotal
}

// KBKTotal is the total of one КБК; "" stands for rows without one.
type KBKTotal struct {
	KBK     string
	Rows    int
	Kopecks int64
}

// ByKBK lists the totals by КБК, ascending.
func (t *Totals) ByKBK() []KBKTotal {
	var all []KBKTotal
	for _, k := range t.byKBK {
		all = append(all, *k)
	}
	slices.SortFunc(all, func(a, b KBKTotal) int { return strings.Compare(a.KBK, b.KBK) })
	return all
}

// Add counts a row of kopecks to a КБК, "" when it has none.
func (t *Totals) Add(kbk string, kopecks int64) {
	t.Rows++
	if kopecks == 0 {
		t.NoAmount++
	}
	t.Kopecks = plus(t.Kopecks, kopecks)
	if t.last == nil || t.last.KBK != kbk {
		if t.byKBK == nil {
			t.byKBK = map[string]*KBKTotal{}
		}
		k := t.byKBK[kbk]
		if k == nil {
			if len(t.byKBK) >= kbkLimit {
				return
			}
			k = &KBKTotal{KBK: strings.Clone(kbk)}
			t.byKBK[k.KBK] = k
		}
		t.last = k
	}
	t.last.Rows++
	t.last.Kopecks = plus(t.last.Kopecks, kopecks)
}

// plus adds and stops at the top.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// Expectations are the totals that the registers must come to.
type Expectations struct {
	Count *int   // rows
	Sum   *int64 // kopecks
	KBK   []KBKTotal
}

// ParseKBKTotal reads "КБК=рубли".
func ParseKBKTotal(s string) (KBKTotal, error) {
	kbk, sum, ok := strings.Cut(s, "=")
	if !ok {
		return KBKTotal{}, fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "«%s»: нужно КБК=СУММА в рублях", EN: "%q: want КБК=SUM in rubles"}.With(s))
	}
	k, err := requisites.ParseKBK(kbk)
	if err != nil {
		return KBKTotal{}, fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "«%s» — не КБК", EN: "%q is no КБК"}.With(kbk))
	}
	kopecks, err := ParseSum(sum)
	return KBKTotal{KBK: string(k), Kopecks: kopecks}, err
}

// ParseSum reads a control total in rubles; zero is one too.
func ParseSum(s string) (int64, error) { return billing.ParseRubles(s) }

// Compare returns what of the totals does not match, as problems of the registers
// as a whole.
func (e *Expectations) Compare(t *Totals) []register.Problem {
	var out []register.Problem
	put := func(code string, m i18n.Message) {
		out = append(out, register.Problem{Code: code, Message: m,
			Why:  i18n.Say("в реестре чего-то не хватает, есть лишнее или его изменили после выгрузки", "the register is incomplete, has too much, or was changed after its export"),
			Hint: i18n.Say("сверьте реестр с источником", "compare the register with its source")})
	}
	if e.Count != nil && *e.Count != t.Rows {
		put("register.total_count", i18n.Text{RU: "строк %d, а должно быть %d (разница %s)", EN: "%d rows, %d expected (difference %s)"}.
			With(t.Rows, *e.Count, signedCount(t.Rows-*e.Count)))
	}
	if e.Sum != nil && *e.Sum != t.Kopecks {
		put("register.total_sum", t.unread(i18n.Text{RU: "сумма %s, а должна быть %s (разница %s)", EN: "the sum is %s, %s expected (difference %s)"}.
			With(i18n.Money(t.Kopecks), i18n.Money(*e.Sum), i18n.Money(t.Kopecks-*e.Sum))))
	}
	for _, want := range e.KBK {
		got := int64(0)
		if k := t.byKBK[want.KBK]; k != nil {
			got = k.Kopecks
		}
		if got != want.Kopecks {
			put("register.total_kbk", t.unread(i18n.Text{RU: "по КБК %s сумма %s, а должна быть %s", EN: "КБК %s comes to %s, %s expected"}.
				With(want.KBK, i18n.Money(got), i18n.Money(want.Kopecks))))
		}
	}
	return out
}

// expectations reports the totals that do not match.
func (c *check) expectations() {
	c.current = 0
	if len(c.sum.Files) == 0 {
		return
	}
	for _, p := range c.o.Expect.Compare(&c.sum.Totals) {
		c.put(p)
	}
}

// unread adds to m how many amounts are missing from the sum.
func (t *Totals) unread(m i18n.Message) i18n.Message {
	if t.NoAmount == 0 {
		return m
	}
	return i18n.Text{RU: "%s; строк, чья сумма не прочитана: %d", EN: "%s; rows whose amount was not read: %d"}.With(m, t.NoAmount)
}

func signedCount(n int) string {
	if n > 0 {
		return "+" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// Threshold is how many bad rows may be split off.
type Threshold struct {
	Count   int   // rows; -1 if it is a share
	Percent int64 // in ten-thousandths of a percent
}

// ParseThreshold reads "1%", "0,5%" or "20".
func ParseThreshold(s string) (Threshold, error) {
	bad := fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "«%s» — не порог; пишите 1%% или число строк", EN: "%q is no threshold; write 1%% or a number of rows"}.With(s))
	if share, ok := strings.CutSuffix(strings.TrimSpace(s), "%"); ok {
		whole, frac, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(share), ",", "."), ".")
		if whole == "" || len(whole) > 3 || len(frac) > 4 || strings.Trim(whole+frac, "0123456789") != "" {
			return Threshold{}, bad
		}
		n, err := strconv.ParseInt(whole+(frac + "0000")[:4], 10, 64)
		if err != nil || n > 100_0000 {
			return Threshold{}, bad
		}
		return Threshold{Count: -1, Percent: n}, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 {
		return Threshold{}, bad
	}
	return Threshold{Count: n}, nil
}

// allows reports whether bad rows of all are within the threshold.
func (t *Threshold) allows(bad, all int) bool {
	if t.Count >= 0 {
		return bad <= t.Count
	}
	return int64(bad)*100_0000 <= int64(all)*t.Percent
}
