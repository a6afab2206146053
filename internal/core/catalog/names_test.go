package catalog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// fake is a portal that only gives the index.
type fake struct {
	Portal
	tag   string
	index wire.ServiceIndex
	err   error
	asked []string // tags that it was asked with
	found []wire.Service
	slow  bool // its search never answers
}

func (f *fake) Services(ctx context.Context, _ cabinet.ServiceQuery) (*wire.Page[wire.Service], error) {
	if f.slow {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &wire.Page[wire.Service]{Items: f.found, Total: len(f.found)}, f.err
}

func (f *fake) ServiceIndex(_ context.Context, tag string) (*wire.ServiceIndex, string, error) {
	f.asked = append(f.asked, tag)
	if f.err != nil {
		return nil, "", f.err
	}
	if tag == f.tag {
		return nil, tag, nil
	}
	return &f.index, f.tag, nil
}

func hints() []wire.ServiceHint {
	return []wire.ServiceHint{
		{Code: "1", Slug: "zagranpasport", Title: "Загранпаспорт нового поколения", Words: []wire.Text{"загран", "заграничный паспорт"}},
		{Code: "2", Slug: "driving-licence", Title: "Водительское удостоверение", Words: []wire.Text{"права", "замена прав"}},
		{Code: "3", Slug: "property-registration", Title: "Регистрация права на недвижимость", Words: []wire.Text{"квартира"}},
		{Code: "4", Slug: "zags-extract", Title: "Справка из реестра ЗАГС", Words: []wire.Text{"справка о браке"}},
	}
}

func TestNamesAreRenewedByTagOnceADay(t *testing.T) {
	clk := clock.NewManual(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	f := &fake{tag: `"a"`, index: wire.ServiceIndex{Items: hints()}}
	n := &Names{Path: filepath.Join(t.TempDir(), "cache", "services.json"), Clock: clk}
	s := &Service{Portal: f, Names: n}
	if got := n.All(); got != nil {
		t.Fatalf("%v before anything was kept", got)
	}
	ctx := context.Background()
	s.Refresh(ctx)
	s.Refresh(ctx) // fresh: nobody is asked
	if len(f.asked) != 1 || len(n.All()) != 4 {
		t.Fatalf("asked %q, %d names", f.asked, len(n.All()))
	}
	clk.Advance(25 * time.Hour)
	s.Refresh(ctx)
	if len(f.asked) != 2 || f.asked[1] != `"a"` || len(n.All()) != 4 {
		t.Errorf("asked %q", f.asked)
	}
	s.Refresh(ctx) // the unchanged answer counts as fresh
	clk.Advance(25 * time.Hour)
	f.tag, f.index.Items = `"b"`, hints()[:1]
	s.Refresh(ctx)
	another := &Names{Path: n.Path, Clock: clk}
	if len(f.asked) != 3 || len(another.All()) != 1 {
		t.Errorf("asked %q, %d names in the file", f.asked, len(another.All()))
	}
	clk.Advance(25 * time.Hour)
	f.err = errors.New("no network")
	s.Refresh(ctx)
	if len(n.All()) != 1 {
		t.Error("names are lost with the network")
	}
}

func kept(t testing.TB, content string) *Names {
	t.Helper()
	n := &Names{Path: filepath.Join(t.TempDir(), "services.json"), Clock: clock.NewManual(time.Now())}
	if err := os.WriteFile(n.Path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return n
}

func full(t testing.TB) *Names {
	n := kept(t, "{}")
	n.loaded = &file{Items: hints()}
	return n
}

func TestASearchWhileTypingNeedsNoPortal(t *testing.T) {
	n := full(t)
	for typed, want := range map[string]string{
		"загр": "zagranpasport", "загранпаспорта": "zagranpasport", "загрнпаспорт": "zagranpasport", "загарнпаспорт": "zagranpasport",
		"pfuhfy": "zagranpasport", "права": "driving-licence", "ghfdf": "driving-licence", "водительск": "driving-licence",
		"квартира": "property-registration", "справка о браке": "zags-extract",
	} {
		if got := n.Search(typed, 3); len(got) == 0 || got[0].Slug != want {
			t.Errorf("%q: %v, want %s", typed, got, want)
		}
	}
	for _, typed := range []string{"", "  ", "квантовая", "…", "\xff"} {
		if got := n.Search(typed, 3); len(got) != 0 {
			t.Errorf("%q finds %v", typed, got)
		}
	}
}

func TestCompletionOffersShortNamesThenWords(t *testing.T) {
	n := full(t)
	slugs := func(typed string) string {
		var out []string
		for _, h := range n.Complete(typed) {
			out = append(out, h.Slug)
		}
		return strings.Join(out, " ")
	}
	for typed, want := range map[string]string{
		"zag": "zagranpasport zags-extract", "": "zagranpasport driving-licence property-registration zags-extract", "4": "zags-extract",
		"ghfdf": "driving-licence property-registration", "нет такого": "",
	} {
		if got := slugs(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func TestABrokenFileOfNamesIsAsGoodAsNone(t *testing.T) {
	for _, content := range []string{"", "{", "[]", `{"items":[{"code":1}]}`, strings.Repeat("x", maxNames+2)} {
		n := kept(t, content)
		if got := n.Complete("zag"); len(got) != 0 {
			t.Errorf("%.20q gives %v", content, got)
		}
		f := &fake{tag: `"a"`, index: wire.ServiceIndex{Items: hints()}}
		_ = os.Chtimes(n.Path, time.Unix(0, 0), time.Unix(0, 0))
		(&Service{Portal: f, Names: n}).Refresh(context.Background())
		if len(n.All()) != 4 {
			t.Errorf("%.20q is not mended", content)
		}
	}
}

func FuzzNamesAreSearched(f *testing.F) {
	n := full(f)
	f.Add("заг")
	f.Add("a'b`\xff")
	f.Fuzz(func(t *testing.T, typed string) {
		if len(typed) < 1000 && len(n.Search(typed, 3)) > 3 {
			t.Error(typed)
		}
	})
}

func TestTheServicesOfTheAPIAreKnown(t *testing.T) {
	list, err := APIServices()
	if err != nil || len(list) != 21 {
		t.Fatal(len(list), err)
	}
	seen := map[string]bool{}
	for _, s := range list {
		if seen[s.Code] || s.TargetCode() != "-"+s.Code || s.Title.RU == "" || s.Title.EN == "" || s.Files == "" || s.Spec == "" {
			t.Errorf("%+v", s)
		}
		seen[s.Code] = true
	}
}

// Somebody who types gets what the portal means by the words, and what the names
// say when the portal is away or slow.
func TestWhatIsTypedIsMeantByThePortalOrByTheNames(t *testing.T) {
	n := &Names{Path: filepath.Join(t.TempDir(), "services.json"), Clock: clock.NewManual(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))}
	f := &fake{tag: `"a"`, index: wire.ServiceIndex{Items: hints()}, found: []wire.Service{{Code: "9"}}}
	s := &Service{Portal: f, Names: n}
	s.Refresh(t.Context())
	meant := func(text string) string {
		t.Helper()
		codes, err := s.Meant(t.Context(), text, 5)
		if err != nil && len(codes) > 0 {
			t.Error(err)
		}
		return strings.Join(codes, " ")
	}
	if got := meant("загран"); got != "9" {
		t.Errorf("the portal's answer: %s", got)
	}
	f.err = errors.New("away")
	if got := meant("загран"); got != "1" {
		t.Errorf("the portal is away: %s", got)
	}
	if _, err := s.Meant(t.Context(), "ничего такого", 5); err == nil {
		t.Error("that the portal is away is not said")
	}
	f.err, f.slow = nil, true
	if got := meant("загран"); got != "1" {
		t.Errorf("the portal is slow: %s", got)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if codes, err := s.Meant(gone, "загран", 5); err == nil || len(codes) > 0 {
		t.Errorf("a search that nobody waits for: %v %v", codes, err)
	}
}
