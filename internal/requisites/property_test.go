package requisites

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAMadeUINAlwaysPassesAndEveryOtherLastDigitFails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.OneOf(rapid.StringMatching(`[1-9][0-9]{18}`), rapid.StringMatching(`[1-9][0-9]{23}`), rapid.StringMatching(`[1-9][0-9]{4}[A-ZАБВЖЩЪЫЬЭЮЯ]{2}[0-9]{12}`)).Draw(t, "prefix")
		u, err := MakeUIN(prefix)
		if err != nil || !strings.HasPrefix(string(u), prefix) {
			t.Fatalf("%q: %v", prefix, err)
		}
		passing := 0
		for d := '0'; d <= '9'; d++ {
			if ValidUIN(prefix + string(d)) {
				passing++
			}
		}
		if passing != 1 {
			t.Fatalf("%q: %d last digits pass", prefix, passing)
		}
	})
}

func TestASuggestionIsValidOneSlipAwayAndUnique(t *testing.T) {
	kinds := []Kind{KindUIN, KindINN, KindOGRN, KindSNILS}
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(kinds).Draw(t, "kind")
		s := rapid.StringMatching(`[1-5][0-9]{9,24}`).Draw(t, "value")
		r := Check(k, s, Options{})
		if r.Problem == nil || r.Problem.Suggestion == "" {
			return
		}
		got := r.Problem.Suggestion
		if !Valid(k, got) {
			t.Fatalf("suggested %q for %q does not pass", got, s)
		}
		if d := len(got) - len(s); d < -1 || d > 1 {
			t.Fatalf("suggested %q for %q", got, s)
		}
		for i := range s {
			for d := '0'; d <= '9'; d++ {
				other := s[:i] + string(d) + s[i+1:]
				if len(got) == len(s) && other != got && Valid(k, other) {
					t.Fatalf("%q and %q both explain %q", got, other, s)
				}
			}
		}
	})
}

func TestSeparatorsNeverChangeTheAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom([]Kind{KindUIN, KindINN, KindKPP, KindOGRN, KindSNILS, KindKBK, KindOKTMO, KindBIK, KindAccount}).Draw(t, "kind")
		s := k.Info().Example
		sep := rapid.SampledFrom([]string{" ", "-", "\u00a0", "\u202f", "\u2013", "\u200b", "\t", "\ufeff"}).Draw(t, "separator")
		at := rapid.IntRange(0, len(s)).Draw(t, "at")
		v, err := parse(k, s[:at]+sep+s[at:])
		if err != nil || !Valid(k, v) {
			t.Fatalf("%q: %v", v, err)
		}
		again, err := parse(k, v)
		if err != nil || again != v {
			t.Fatalf("normalising twice gives %q, then %q", v, again)
		}
	})
}

func TestTheValidPathDoesNotAllocate(t *testing.T) {
	for _, i := range Kinds() {
		value := i.Example
		if i.Kind == KindSNILS {
			value = "11223344595"
		}
		if n := testing.AllocsPerRun(100, func() {
			if !Valid(i.Kind, value) {
				t.Fatal(value)
			}
		}); n != 0 {
			t.Errorf("Valid %s allocates %.0f times", i.Name, n)
		}
		if n := testing.AllocsPerRun(100, func() {
			if _, err := parse(i.Kind, value); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("parsing %s allocates %.0f times", i.Name, n)
		}
	}
	spaced := "1881 0177 1703 2518 9254"
	if n := testing.AllocsPerRun(100, func() {
		if !ValidUIN(spaced) {
			t.Fatal(spaced)
		}
	}); n != 0 {
		t.Errorf("spaces cost %.0f allocations", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		if KeyOf("044525225", "40702810138250123017") != KeyValid {
			t.Fatal("key")
		}
	}); n != 0 {
		t.Errorf("the key costs %.0f allocations", n)
	}
}

func FuzzUIN(f *testing.F) {
	for _, s := range []string{"18810177170325189254", "18810АБ1234567890124", "0316373302092021005410575", "0", "\xff\xfe", "1.8E+19", "１８８", strings.Repeat(" ", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, i := range Kinds() {
			r := Check(i.Kind, s, Options{BIK: "044525225"})
			if (r.Verdict == VerdictInvalid) != (r.Problem != nil) {
				t.Fatalf("%s %q: %+v", i.Name, s, r)
			}
			if r.Problem == nil {
				if again := Check(i.Kind, r.Normalised, Options{BIK: "044525225"}); again.Normalised != r.Normalised {
					t.Fatalf("%s %q normalises to %q, then %q", i.Name, s, r.Normalised, again.Normalised)
				}
				continue
			}
			if sug := r.Problem.Suggestion; sug != "" && r.Problem.Code != "account.key" && !Valid(r.Problem.Kind, sug) {
				t.Fatalf("%s %q: suggestion %q does not pass", i.Name, s, sug)
			}
		}
	})
}
