package registry

import (
	"context"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/tui"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/width"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// down is a factory of which nothing works.
func down(t *testing.T) *factory.Factory {
	ios, _, _, _ := iostreams.Test()
	err := func() error {
		return fault.New(exitcode.Unavailable, "portal.down", i18n.Say("портал недоступен", "the portal is not available"))
	}
	return &factory.Factory{IO: ios, Clock: clock.NewManual(now), Flags: &factory.Flags{Set: map[string]string{}},
		Connect: func(context.Context) (*factory.Connection, error) { return nil, err() },
		Session: func(context.Context) (*signin.Service, error) { return nil, err() },
		Journal: func(context.Context) (journal.Journal, error) { return nil, err() },
		Settings: func() (*settings.Settings, error) {
			return settings.Load(settings.Options{Dirs: settings.Dirs{Config: t.TempDir(), State: t.TempDir(), Cache: t.TempDir()}, Getenv: func(string) string { return "" }})
		},
	}
}

func options(t *testing.T, lang i18n.Lang) tui.Options {
	o := drive.Simple(now, lang, Entries(down(t))...)
	o.First, o.Guest = First, Guest
	return o
}

func TestEveryScreenHasItsOwnNameKeyAndTitle(t *testing.T) {
	ids, keys := map[string]bool{}, map[string]string{}
	for _, e := range Entries(down(t)) {
		if ids[e.ID] {
			t.Errorf("two screens are called %s", e.ID)
		}
		ids[e.ID] = true
		if e.Title.RU == "" || e.Title.EN == "" {
			t.Errorf("%s has no title in both languages", e.ID)
		}
		if e.Key == "" {
			continue
		}
		if other := keys[e.Key]; other != "" {
			t.Errorf("%s opens %s and %s", e.Key, other, e.ID)
		}
		if !keymap.Valid(e.Key) {
			t.Errorf("%s: %q is no key", e.ID, e.Key)
		}
		keys[e.Key] = e.ID
	}
	if !ids[First] || !ids[Guest] {
		t.Error("the first screens are not in the registry")
	}
}

// Keys of the root; a screen may take over none of them but back and help's.
var reserved = []string{"ctrl+k", "ctrl+c", "ctrl+z", "ctrl+q", "q", "?", "f1", "f2", "f3", "f4", "f5", "ctrl+r", "f12"}

func TestNoTwoActionsOfAScreenShareAKey(t *testing.T) {
	o := options(t, i18n.RU)
	o.Env.Entries = o.Entries
	for _, e := range o.Entries {
		seen, ids := map[string]string{}, map[string]bool{}
		for _, a := range e.New().Actions(o.Env) {
			if ids[a.ID] || a.ID == "" {
				t.Errorf("%s: two actions are called %q", e.ID, a.ID)
			}
			ids[a.ID] = true
			if a.Title.RU == "" || a.Title.EN == "" {
				t.Errorf("%s has no title in both languages", a.ID)
			}
			for _, k := range a.Keys {
				if !keymap.Valid(k) {
					t.Errorf("%s: %q is no key", a.ID, k)
				}
				if slices.Contains(reserved, k) {
					t.Errorf("%s takes %s, which means the same everywhere", a.ID, k)
				}
				if seen[k] != "" {
					t.Errorf("%s: %s means %s and %s", e.ID, k, seen[k], a.ID)
				}
				seen[k] = a.ID
			}
			if a.Command != "" && !strings.HasPrefix(a.Command, "epgu ") {
				t.Errorf("%s equals %q, which is no command", a.ID, a.Command)
			}
		}
	}
}

func TestEveryActionOfEveryScreenIsReachedByKeyAndByPalette(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, e := range Entries(down(t)) {
			d := drive.Start(t, options(t, lang), 140, 60)
			d.Send(screen.GoMsg{ID: e.ID})
			o := options(t, lang)
			o.Env.Entries = o.Entries
			actions := e.New().Actions(o.Env)
			keys := d.Press("f1").Screen()
			d.Pause().Press("esc")
			for _, a := range actions {
				if len(a.Keys) == 0 {
					t.Errorf("%s has no key", a.ID)
				}
				if !strings.Contains(keys, a.Title.In(lang)) {
					t.Errorf("%s: %q is not among the keys of the screen:\n%s", e.ID, a.Title.In(lang), keys)
				}
				d.Press("ctrl+k").Paste(a.Title.In(lang)).Sees(a.Title.In(lang)).Press("esc")
			}
			if e.ID != First { // the palette offers the screens everywhere alike
				continue
			}
			for _, other := range o.Entries {
				d.Press("ctrl+k").Type(other.Title.In(lang)).Sees(other.Title.In(lang)).Press("esc")
			}
		}
	}
}

// russian is the letter on the key of a Latin one.
func russian(key string) (string, bool) {
	const en, ru = "qwertyuiopasdfghjklzxcvbnmQWERTYUIOPASDFGHJKLZXCVBNM", "йцукенгшщзфывапролдячсмитьЙЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬ"
	at := strings.Index(en, key)
	if len(key) != 1 || at < 0 {
		return "", false
	}
	return string([]rune(ru)[at]), true
}

func TestEveryLetterOfEveryScreenDoesTheSameOnTheRussianLayout(t *testing.T) {
	open := func(id string) *drive.Driver {
		return drive.Start(t, options(t, i18n.RU), 100, 30).Send(screen.GoMsg{ID: id})
	}
	tried, moved := 0, 0
	for _, e := range Entries(down(t)) {
		o := options(t, i18n.RU)
		o.Env.Entries = o.Entries
		for _, a := range e.New().Actions(o.Env) {
			for _, k := range a.Keys {
				twin, ok := russian(k)
				if !ok {
					continue
				}
				tried++
				before := open(e.ID).Screen()
				latin, cyrillic := open(e.ID).Press(k).Screen(), open(e.ID).Press(twin).Screen()
				if latin != cyrillic {
					t.Errorf("%s: %s and %s differ:\n%s\n%s", a.ID, k, twin, latin, cyrillic)
				}
				if latin != before {
					moved++
				}
			}
		}
	}
	if tried < 30 || moved < tried/2 {
		t.Errorf("only %d of %d letters did anything that can be seen", moved, tried)
	}
}

// heard is what a person hears who does not see the screen.
type heard struct{ said []string }

func (h *heard) Say(line string) { h.said = append(h.said, line) }
func (h *heard) Ask(_ context.Context, label string, _ bool) (string, error) {
	h.said = append(h.said, label)
	return "", io.EOF
}

func TestWhatIsReadAloudHoldsNoDrawingsAndIsNeverDrawnOver(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, e := range Entries(down(t)) {
			o := options(t, lang)
			o.First = e.ID
			h := &heard{}
			if err := tui.RunLines(t.Context(), h, o); err != nil {
				t.Fatalf("%s: %v", e.ID, err)
			}
			if len(h.said) == 0 {
				t.Errorf("%s says nothing", e.ID)
			}
			for _, line := range h.said {
				for _, r := range line {
					// Boxes and bars, Braille that stands for a picture, and whatever moves a cursor.
					if r >= 0x2500 && r <= 0x259f || r >= 0x2800 && r <= 0x28ff || r < ' ' || r == 0x7f {
						t.Errorf("%s: %q is read aloud in %q", e.ID, r, line)
					}
				}
			}
			if f := drive.Start(t, o, 100, 30).Root().Frame().String(); strings.ContainsFunc(f, func(r rune) bool { return r >= 0x2800 && r <= 0x28ff }) {
				t.Errorf("%s draws in Braille:\n%s", e.ID, f)
			}
		}
	}
}

// Whoever does not see a list opens its rows by their numbers.
func TestEveryListIsReadWithItsRowsNumbered(t *testing.T) {
	lists := 0
	for _, e := range Entries(down(t)) {
		s := e.New()
		of := reflect.TypeOf(s).Elem()
		for i := range of.NumField() {
			f := of.Field(i)
			if name := f.Type.Name(); f.Type.PkgPath() != listPackage || name != "List" && !strings.HasPrefix(name, "Records[") {
				continue
			}
			lists++
			if _, ok := s.(screen.Speaking); !ok {
				t.Errorf("%s has a list, and its rows are not read", e.ID)
			}
		}
	}
	if lists < 10 {
		t.Errorf("only %d screens have a list", lists)
	}
}

// listPackage is where lists are from.
const listPackage = "github.com/epgu-cli/epgu/internal/tui/kit"

func TestEveryScreenStandsAnySizeAndAPortalThatIsDown(t *testing.T) {
	for _, e := range Entries(down(t)) {
		d := drive.Start(t, options(t, i18n.RU), 80, 24)
		d.Send(screen.GoMsg{ID: e.ID})
		for _, size := range [][2]int{{40, 12}, {20, 6}, {10, 3}, {300, 100}, {41, 13}, {120, 40}, {80, 24}} {
			d.Resize(size[0], size[1])
			for i, line := range strings.Split(d.Root().View().Content, "\n") {
				if w := width.String(stripped(line)); w != size[0] {
					t.Fatalf("%s at %v: row %d is %d columns wide", e.ID, size, i, w)
				}
			}
			if rows := strings.Count(d.Root().View().Content, "\n") + 1; rows != size[1] {
				t.Errorf("%s at %v: %d rows", e.ID, size, rows)
			}
			d.Press("f1")
			d.Pause().Press("esc").Press("ctrl+k").Type("о").Press("esc")
		}
	}
}

// stripped is a row without its control sequences.
func stripped(s string) string {
	var b strings.Builder
	for s != "" {
		if strings.HasPrefix(s, "\x1b[") {
			if end := strings.IndexByte(s, 'm'); end >= 0 {
				s = s[end+1:]
				continue
			}
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String()
}

func TestWhoeverIsNotSignedInSeesTheSignInAndNothingElse(t *testing.T) {
	o := options(t, i18n.RU)
	o.Begin = func(context.Context) (tui.Session, error) { return tui.Session{}, nil }
	d := drive.Start(t, o, 80, 24).Sees("Войдите, чтобы видеть своё")
	for _, e := range o.Entries {
		if !e.Public {
			d.Send(screen.GoMsg{ID: e.ID}).Sees("Войдите, чтобы видеть своё")
		}
	}
}

func TestGoldenFramesOfTheScreensWithoutData(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			// A new screen changes none of these frames.
			o := options(t, lang)
			o.Entries = slices.DeleteFunc(o.Entries, func(e screen.Entry) bool {
				return !slices.Contains([]string{"home", "charges", "charge", "signin", "commands", "guide"}, e.ID)
			})
			d := drive.Start(t, o, size[0], size[1])
			name := string(lang) + map[int]string{24: ".80x24", 40: ".120x40"}[size[1]]
			d.Send(screen.GoMsg{ID: "guide"}).Golden("guide." + name)
			d.Press("?").Golden("keys." + name)
			d.Pause().Press("esc").Press("ctrl+k").Golden("palette." + name).Press("esc")
			d.Send(screen.GoMsg{ID: "charges"}).Send(screen.GoMsg{ID: "commands"}).Golden("commands." + name)
		}
	}
}

// Whoever is here for the first time sees where one may go.
func TestHomeNamesEverySectionAndAClickGoesThere(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			d := drive.Start(t, options(t, lang), size[0], size[1])
			for _, e := range Entries(down(t)) {
				if e.Key == "" || e.Card || e.ID == First {
					continue
				}
				sign := keymap.Title(e.Key) + " " + e.Title.In(lang)
				d.Sees(sign).Click(sign)
				if top := d.Root().Top(); top != e.ID {
					t.Fatalf("%s led to %s", sign, top)
				}
				d.Pause().Press("esc").Send(screen.GoMsg{ID: First})
			}
		}
	}
	drive.Start(t, options(t, i18n.RU), 40, 12).Sees("Что нужно от вас сейчас").SeesNot("Куда перейти") // there is no room for it
}
