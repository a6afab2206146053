package cabinet

import (
	"strings"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Whatever is sent as a statement: it is about this plan to the letter, or it
// does not count.
func FuzzAStatementIsReadToTheLetterOrNotAtAll(f *testing.F) {
	in := &wire.AuthorisationRequest{ID: "0190c1f0-0000-7000-9000-000000000001", PlanSHA256: strings.Repeat("ab", 32), PaymentsRoot: strings.Repeat("cd", 32), PlanRows: 7, Count: 3, SumKopecks: 100}
	head := "epgu payment plan approval 2\nplan sha256 " + in.PlanSHA256 + "\npayments " + in.PaymentsRoot + " of 7\nrun " + in.ID + "\nrows 3\nkopecks 100\n"
	good := head + "at 2026-09-01T09:00:00Z\nby \"Demo\"\ncertificate AB\nchecked no\nnote \"\"\n"
	for _, s := range []string{good, strings.TrimSuffix(good, "\n"), good + "rows 9\n", strings.ReplaceAll(good, "rows 3", "rows 03"), head, "", "\x00\n\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		certificate, at, ok := readStatement(s, in)
		if !ok {
			return
		}
		if !strings.HasPrefix(s, head) || strings.Count(s, "\n") != 11 || at.IsZero() && !strings.Contains(s, "at 0001-01-01") || !strings.Contains(s, "\ncertificate "+certificate+"\n") {
			t.Errorf("%q was taken as %q at %s", s, certificate, at)
		}
	})
	if _, _, ok := readStatement(good, in); !ok {
		f.Fatal("a good statement is not read")
	}
}
