package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	"github.com/epgu-cli/epgu/internal/sandbox"
	"github.com/epgu-cli/epgu/internal/tui"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/registry"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// firstRetry is how long after a lost network a screen is loaded again.
const firstRetry = 5 * time.Second

// interactive opens the full-screen interface.
func (a *app) interactive(ctx context.Context, f *factory.Factory) error {
	s, err := f.Settings()
	if err != nil {
		return err
	}
	lines := f.IO.Accessible() || f.IO.Dumb()
	// Whatever would be printed beside the screen waits until it is gone.
	notes := &held{}
	was := f.IO.ErrOut
	if !lines {
		f.IO.ErrOut = notes
		defer func() {
			f.IO.ErrOut = was
			notes.release(was)
		}()
	}
	training := s.Get("portal").Value == sandbox.Origin
	a.told = a.told || training // the header says it all the time
	inner := *f
	inner.LanguageOf = transport.LanguageOf
	// A load that is cancelled must not take the portal or the journal with it.
	inner.Connect = func(ctx context.Context) (*factory.Connection, error) { return f.Connect(context.WithoutCancel(ctx)) }
	inner.Journal = func(ctx context.Context) (journal.Journal, error) { return f.Journal(context.WithoutCancel(ctx)) }

	location := f.IO.Location
	if location == nil {
		location = time.UTC
	}
	entries := registry.Entries(&inner)
	own := s.Keymap()
	if err := tui.CheckKeys(own, entries, s.Path()); err != nil {
		return err
	}
	env := &screen.Env{Ctx: ctx, Lang: f.IO.Lang, Clock: f.Clock, Location: location, Keys: keymap.New(own), Log: &screen.Log{},
		Cache: shown(s), Training: training, Profile: s.ProfileName()}
	o := tui.Options{
		Env: env, Entries: entries, First: registry.First, Guest: registry.Guest, Theme: s.Get("theme").Value, Getenv: f.IO.Getenv, Mouse: mouse(s.Get("mouse").Value, f.IO.Getenv), Retry: firstRetry, Held: typed(s), InLanguage: transport.InLanguage,
		SignOut: func(ctx context.Context) error {
			conn, err := inner.Connect(ctx)
			if err != nil {
				return err
			}
			_, err = conn.SignIn.Logout(ctx, false)
			return err
		},
		Begin: func(ctx context.Context) (tui.Session, error) {
			out := tui.Session{Training: training, Profile: s.ProfileName()}
			session, err := f.Session(ctx)
			if err != nil {
				return out, err
			}
			status, err := session.Status(ctx)
			if err != nil {
				return out, err
			}
			out.SignedIn = status.SignedIn && (!status.Expired || status.Renews)
			if status.Person != nil {
				out.Person = status.Person.Name().String()
			}
			out.Owner = owner(status)
			return out, nil
		},
	}
	if lines {
		return tui.RunLines(ctx, console{f}, o)
	}
	return tui.Run(ctx, tui.Terminal{In: f.IO.StdinFile(), Out: f.IO.StdoutFile(), Env: os.Environ()}, o)
}

// shown is what screens of the profile in force kept of the last time.
func shown(s *settings.Settings) *tui.FileCache {
	return &tui.FileCache{Dir: filepath.Join(s.Dirs.Cache, "screens", safeName(s.ProfileName()))}
}

// mouse says whether the interface takes the mouse, by the setting. GNU screen holds a
// lone Esc back until the next key for as long as a program has the mouse, so that by
// itself it is not taken there.
func mouse(setting string, getenv func(string) string) bool {
	return setting == "on" || setting == "auto" && getenv("STY") == ""
}

// typed is what was typed on screens of the profile in force and taken by nobody.
func typed(s *settings.Settings) *tui.FileCache {
	return &tui.FileCache{Dir: filepath.Join(s.Dirs.Cache, "typed", safeName(s.ProfileName()))}
}

// forget forgets what was shown when a session begins, and what was typed besides when
// a person signs out.
func forget(s *settings.Settings) func(out bool) {
	return func(out bool) {
		shown(s).Clear()
		if out {
			typed(s).Clear()
		}
	}
}

// owner tells people apart on screens without telling who they are.
func owner(st signin.Status) string {
	sum := sha256.Sum256([]byte(st.Profile + "\n" + st.OID + "\n" + st.OrgOID))
	return hex.EncodeToString(sum[:8])
}

// console is the terminal of the line-based interface.
type console struct{ f *factory.Factory }

func (c console) Say(line string) { fmt.Fprintln(c.f.IO.Out, untrusted.Clean(line)) }

func (c console) Ask(ctx context.Context, label string, secret bool) (string, error) {
	q := prompt.Question{Label: i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(label))}
	if secret {
		q.Empty = true // what it means is told with the question
		return prompt.New(c.f.IO).Password(ctx, q)
	}
	return prompt.New(c.f.IO).Input(ctx, q)
}

// held keeps what is written while a screen is shown, up to a bound.
type held struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// maxHeld bounds what is kept, bytes.
const maxHeld = 64 << 10

func (h *held) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.buf.Len() < maxHeld {
		h.buf.Write(b)
	}
	return len(b), nil
}

func (h *held) release(w io.Writer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, _ = h.buf.WriteTo(w)
}
