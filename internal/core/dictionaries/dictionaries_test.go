package dictionaries

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// tree is a portal with one dictionary; asked counts its pages.
type tree struct {
	asked int
	err   error
}

func (p *tree) Dictionary(_ context.Context, code string, req wire.DictionaryRequest) (*wire.Dictionary, error) {
	p.asked++
	if p.err != nil {
		return nil, p.err
	}
	region := "77"
	d := &wire.Dictionary{Total: 3}
	if req.PageNum == 1 {
		d.Items = []wire.DictionaryItem{{Value: "77", Title: "Учебный регион"}, {Value: "7701", Title: "Отдел ЗАГС «Берёзовый»", ParentValue: &region, IsLeaf: true}}
	} else {
		d.Items = []wire.DictionaryItem{{Value: "7801", Title: "Отдел ЗАГС «Сосновый»", IsLeaf: true}}
	}
	return d, nil
}

func TestEntriesAreFoundByWordsBelowTheirParent(t *testing.T) {
	p := &tree{}
	s := &Service{Portal: p, Clock: clock.NewManual(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))}
	for _, tc := range []struct {
		parent, text, want string
		n                  int
	}{{"", "загс", "7701", 2}, {"", "березовый загс", "7701", 1}, {"77", "", "7701", 1}, {"77", "сосновый", "", 0}, {"", "сосновая", "7801", 1}, {"", "отделы сосна", "7801", 1}, {"", "учеба", "77", 1}, {"", "бирезовый", "7701", 1}, {"", "берзовый", "7701", 1}, {"", "соснвоый", "7801", 1}, {"", "ссосновый", "7801", 1}, {"", "кедровый", "", 0}, {"", "лес", "", 0}, {"", "7801", "7801", 1}} {
		got, _, err := s.Find(t.Context(), "ZAGS", tc.parent, tc.text, 10)
		if err != nil || len(got) != tc.n || tc.n > 0 && got[0].Value != tc.want {
			t.Errorf("%q under %q: %v %v", tc.text, tc.parent, got, err)
		}
	}
	if got, more, _ := s.Find(t.Context(), "ZAGS", "", "", 1); len(got) != 1 || !more {
		t.Errorf("%v %v", got, more)
	}
	if e, ok, err := s.Entry(t.Context(), "ZAGS", "77"); !ok || err != nil || e.Leaf {
		t.Errorf("%+v %v", e, err)
	}
	if p.asked != 2 {
		t.Errorf("the portal was asked for %d pages", p.asked)
	}
}

func TestAListIsKeptForAWeekAndServesWhenThePortalIsAway(t *testing.T) {
	now := clock.NewManual(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	p, dir := &tree{}, t.TempDir()
	ask := func() error {
		_, ok, err := (&Service{Portal: p, Clock: now, Dir: dir}).Entry(t.Context(), "ZAGS", "7701")
		if err == nil && !ok {
			t.Error("the entry is gone")
		}
		return err
	}
	for i, want := range []int{2, 2, 4} { // pages asked so far
		if i == 2 {
			now.Advance(8 * 24 * time.Hour)
		}
		if err := ask(); err != nil || p.asked != want {
			t.Errorf("%d: %d pages, %v", i, p.asked, err)
		}
	}
	now.Advance(8 * 24 * time.Hour)
	p.err = fault.New(exitcode.Unavailable, "x", i18n.Say("нет сети", "no network"))
	if err := ask(); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "dictionary-ZAGS.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ask(); fault.ExitOf(err) != exitcode.Unavailable {
		t.Error(err)
	}
}

func TestAListIsKeptForEachLanguageByItself(t *testing.T) {
	p, dir := &tree{}, t.TempDir()
	for i, lang := range []i18n.Lang{i18n.RU, i18n.EN, i18n.RU} {
		s := &Service{Portal: p, Clock: clock.NewManual(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)), Dir: dir, Lang: lang}
		if _, ok, err := s.Entry(t.Context(), "ZAGS", "77"); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if want := []int{2, 4, 4}[i]; p.asked != want {
			t.Errorf("%s: %d pages asked, want %d", lang, p.asked, want)
		}
	}
}

// The language may change while the program runs: what is open already, too, is that of the
// one in which it was asked for.
func TestAListIsThatOfTheLanguageOfTheContext(t *testing.T) {
	p := &tree{}
	s := &Service{Portal: p, Clock: clock.NewManual(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)), Dir: t.TempDir(), Lang: i18n.RU}
	en := transport.InLanguage(t.Context(), i18n.EN)
	for i, ctx := range []context.Context{t.Context(), en, t.Context(), en} {
		if _, ok, err := s.Entry(ctx, "ZAGS", "77"); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if want := []int{2, 4, 4, 4}[i]; p.asked != want {
			t.Errorf("%d: %d pages asked, want %d", i, p.asked, want)
		}
	}
	s.Forget("ZAGS")
	if _, _, err := s.Entry(en, "ZAGS", "77"); err != nil || p.asked != 6 {
		t.Errorf("a forgotten list was asked for %d times, %v", p.asked, err)
	}
}

// pageless is a portal that gives its first page whatever is asked for.
type pageless struct{ asked int }

func (p *pageless) Dictionary(context.Context, string, wire.DictionaryRequest) (*wire.Dictionary, error) {
	p.asked++
	return &wire.Dictionary{Total: 899, Items: []wire.DictionaryItem{{Value: "040001002", Title: "ПУ"}, {Value: "040002002", Title: "ПУ"}}}, nil
}

func TestAPortalThatKnowsNoPagesIsAskedTwiceAndItsListIsNotTakenForWhole(t *testing.T) {
	p := &pageless{}
	s := &Service{Portal: p, Clock: clock.NewManual(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))}
	if _, _, err := s.Find(t.Context(), "BIC", "", "", 10); fault.ExitOf(err) != exitcode.Unavailable || p.asked != 2 {
		t.Errorf("asked %d times: %v", p.asked, err)
	}
}
