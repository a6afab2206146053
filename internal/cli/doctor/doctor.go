// Package doctor is the command "epgu doctor": what works here, what does not,
// and the command that mends it.
package doctor

import (
	"context"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	uierrors "github.com/epgu-cli/epgu/internal/ui/errors"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// finding is the outcome of one check.
type finding struct {
	name    string
	title   i18n.Text
	ok      bool
	unasked bool // there is nothing to ask, so it is neither fine nor wrong
	message i18n.Localised
	fix     string
}

func view() output.View[finding] {
	return output.View[finding]{Fields: []output.Field[finding]{
		{Name: "check", Title: i18n.Text{RU: "Проверка", EN: "Check"}, Value: func(x finding) any { return output.Dual{Machine: x.name, Human: x.title} }},
		{Name: "ok", Title: i18n.Text{RU: "В порядке", EN: "Fine"}, Value: func(x finding) any {
			if x.unasked {
				return output.Dual{Human: i18n.Text{RU: "не проверялось", EN: "not asked"}}
			}
			return x.ok
		}},
		{Name: "message", Title: i18n.Text{RU: "Что видно", EN: "What is seen"}, Value: func(x finding) any { return x.message }},
		{Name: "fix", Title: i18n.Text{RU: "Чем исправить", EN: "What mends it"}, Value: func(x finding) any { return x.fix }},
	}}
}

// New returns the command.
func New(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: i18n.Text{RU: "Проверить портал, хранилище, журнал и настройки", EN: "Check the portal, the vault, the journal and the settings"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found := examine(cmd.Context(), f)
			if err := output.List(f.IO, &out, view(), found, output.Page{}); err != nil {
				return err
			}
			for _, x := range found {
				if !x.ok {
					return fault.New(exitcode.Failure, "doctor.problems", i18n.Say("не всё в порядке", "not everything is fine"))
				}
			}
			return nil
		},
	}
	f.Flesh(cmd, func() {
		output.AddFlags(cmd, &out, view(), f.Lang)
	})
	return cmd
}

// examine runs the checks; the portal is named first, so that nobody takes the
// training portal for the real one.
func examine(ctx context.Context, f *factory.Factory) []finding {
	say := func(ru, en string, args ...any) i18n.Message { return i18n.Text{RU: ru, EN: en}.With(args...) }
	failed := func(x finding, err error, fix string) finding {
		x.ok, x.message, x.fix = false, say("%v", "%v", text(err)), fix
		return x
	}
	portal := finding{name: "portal", title: i18n.Text{RU: "Портал", EN: "Portal"}, ok: true}
	set := finding{name: "settings", title: i18n.Text{RU: "Настройки", EN: "Settings"}, ok: true}
	s, err := f.Settings()
	if err != nil {
		return []finding{failed(set, err, "epgu config list")}
	}
	set.message = say("%s", "%s", s.Path())
	if _, err := os.Stat(s.Path()); err != nil {
		set.message = say("файла %s нет, действуют значения по умолчанию", "there is no %s, defaults are in force", s.Path())
	}
	if c, err := f.Connect(ctx); err != nil {
		portal = failed(portal, err, "epgu config get portal")
	} else if caps, err := c.Capabilities(ctx); err != nil {
		portal = failed(portal, err, "epgu config get portal")
	} else if c.Embedded {
		portal.message = say("%s: внутри этой программы, профиль %s", "%s: inside this program, profile %s", caps.Portal, c.Profile)
	} else if caps.Time.IsZero() { // told by this program, not by the portal
		portal.unasked = true
		portal.message = say("%s, профиль %s: портал не спрашивали, без входа он программам не отвечает", "%s, profile %s: the portal was not asked, it answers no programs before sign-in", caps.Portal, c.Profile)
		portal.fix = "epgu auth login"
	} else {
		portal.message = say("%s, профиль %s", "%s, profile %s", caps.Portal, c.Profile)
	}
	found := []finding{portal, set}
	if s.Official() != "" {
		found = append(found, finding{name: "esia", title: i18n.Text{RU: "Подключение к ЕСИА", EN: "Connection to ЕСИА"}, ok: true, unasked: true, message: directly(f)})
	}

	// What is kept here is looked at without the portal, which may be away.
	vault := finding{name: "vault", title: i18n.Text{RU: "Хранилище токенов", EN: "Token store"}, ok: true}
	session := finding{name: "session", title: i18n.Text{RU: "Вход", EN: "Sign-in"}, ok: true}
	signin, err := f.Session(ctx)
	if err != nil {
		return append(found, failed(vault, err, "epgu auth status"))
	}
	if d, err := signin.Store(ctx); err != nil {
		vault = failed(vault, err, "epgu auth status")
	} else if vault.message = say("%s", "%s", d.Name); !d.Note.IsZero() {
		vault.message = say("%s; %s", "%s; %s", d.Name, d.Note)
	}
	found = append(found, vault)

	if st, err := signin.Status(ctx); err != nil {
		session = failed(session, err, "epgu auth login")
	} else if !st.SignedIn {
		session.message, session.fix = say("никто не вошёл", "nobody is signed in"), "epgu auth login"
	} else {
		session.message = say("вход выполнен", "signed in")
	}
	found = append(found, session)

	journal := finding{name: "journal", title: i18n.Text{RU: "Журнал", EN: "Journal"}, ok: true}
	if j, err := f.Journal(ctx); err != nil {
		journal = failed(journal, err, "epgu audit verify")
	} else if r, err := j.Verify(ctx); err != nil {
		journal = failed(journal, err, "epgu audit verify")
	} else {
		journal.message = say("цепочка цела, событий: %d", "the chain holds, %d events", r.Events)
	}
	found = append(found, journal)
	return append(found, folders(s))
}

// directly says until when this program may speak to ЕСИА itself.
func directly(f *factory.Factory) i18n.Message { return signin.DirectAccess(f.Clock.Now()) }

// folders checks that nobody else can look into the state folder and that it
// can be written.
func folders(s *settings.Settings) finding {
	x := finding{name: "folders", title: i18n.Text{RU: "Папки", EN: "Folders"}, ok: true,
		message: i18n.Text{RU: "%s", EN: "%s"}.With(strings.Join([]string{s.Dirs.Config, s.Dirs.State, s.Dirs.Cache}, ", "))}
	if info, err := os.Stat(s.Dirs.State); err == nil && info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		x.ok, x.fix = false, "chmod 700 "+s.Dirs.State
		x.message = i18n.Text{RU: "%s открыта другим пользователям", EN: "%s is open to other users"}.With(s.Dirs.State)
	}
	if _, err := os.Stat(s.Dirs.State); err != nil || !x.ok {
		return x // there is nothing yet, or the worse is said already
	}
	probe, err := os.CreateTemp(s.Dirs.State, ".doctor-*")
	if err != nil {
		x.ok, x.message = false, i18n.Text{RU: "%v", EN: "%v"}.With(text(err))
		return x
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	return x
}

func text(err error) i18n.Localised { return uierrors.Explain(err).Message }
