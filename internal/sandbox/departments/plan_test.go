package departments

import (
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
)

func service(t *testing.T, slug string) *catalog.Service {
	t.Helper()
	c, err := catalog.Shared()
	if err != nil {
		t.Fatal(err)
	}
	return c.Find(slug)
}

func TestAFifthOfApplicationsIsNotApprovedAtOnce(t *testing.T) {
	s := service(t, "zagranpasport")
	count := map[outcome]int{}
	const n = 20_000
	for id := range int64(n) {
		count[planFor(20260901, id, s).outcome]++
	}
	share := func(o outcome) float64 { return float64(count[o]) / n }
	if share(correct) < 0.11 || share(correct) > 0.13 || share(refuse) < 0.07 || share(refuse) > 0.09 {
		t.Errorf("correct %.3f, refuse %.3f", share(correct), share(refuse))
	}
}

func TestTheSameSeedAndNumberAlwaysDecideTheSame(t *testing.T) {
	s := service(t, "zagranpasport")
	differ := 0
	for id := range int64(100) {
		if planFor(7, id, s) != planFor(7, id, s) {
			t.Fatalf("application %d is decided in two ways", id)
		}
		if planFor(7, id, s).pick != planFor(8, id, s).pick {
			differ++
		}
	}
	if differ < 99 {
		t.Errorf("another seed changes only %d of 100", differ)
	}
}

func TestReservedSeedsForceTheOutcome(t *testing.T) {
	s := service(t, "zagranpasport")
	for seed, want := range map[uint64]outcome{training.OutcomeApprove: approve, training.OutcomeCorrect: correct, training.OutcomeRefuse: refuse} {
		for id := range int64(200) {
			if got := planFor(seed, id, s).outcome; got != want {
				t.Fatalf("seed %d, application %d: %d, want %d", seed, id, got, want)
			}
		}
	}
}

func TestDecisionsComeWithinTheTermOfTheService(t *testing.T) {
	c, err := catalog.Shared()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Services() {
		for id := range int64(200) {
			p := planFor(1, id, s)
			total := p.registration + p.check + p.approval + p.decision
			if most := time.Duration(s.TermDays) * 24 * time.Hour; total > most || p.check <= 0 || p.decision <= 0 {
				t.Fatalf("%s: %v of %v", s.Slug, total, most)
			}
		}
	}
}

func TestACorrectionNamesWhatThisApplicantWasAskedFor(t *testing.T) {
	s := service(t, "zagranpasport")
	for pick := range uint64(20) {
		if k := (plan{pick: pick}).correction(s, map[string]string{"employment": "retired"}); k.Field == "workplace" {
			t.Error("a pensioner is asked for a place of work")
		}
	}
	seen := map[string]bool{}
	for pick := range uint64(20) {
		seen[plan{pick: pick}.correction(s, map[string]string{"employment": "employed"}).Field] = true
	}
	if !seen["photo"] || !seen["workplace"] {
		t.Errorf("%v", seen)
	}
}
