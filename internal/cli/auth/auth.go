// Package auth is the noun "auth": signing in and out, and what is known of the
// session.
package auth

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/service"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "auth",
		Short: i18n.Text{RU: "Вход и выход", EN: "Sign in and out"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	cmd.AddCommand(newLogin(f), newLogout(f), newStatus(f), newToken(f))
	return cmd
}

// status is a session as a command prints it; person is asked of the portal
// only where the command says so.
type status struct {
	signin.Status
	person *signin.Person
}

func statusView() output.View[status] {
	return output.View[status]{Fields: []output.Field[status]{
		{Name: "profile", Title: i18n.Text{RU: "Профиль", EN: "Profile"}, Value: func(s status) any { return s.Profile }},
		{Name: "signedIn", Title: i18n.Text{RU: "Вход выполнен", EN: "Signed in"}, Value: func(s status) any { return s.SignedIn }},
		{Name: "name", Title: i18n.Text{RU: "Кто", EN: "Who"}, Value: func(s status) any {
			if s.person == nil {
				return nil
			}
			return s.person.Name()
		}},
		{Name: "level", Title: i18n.Text{RU: "Учётная запись", EN: "Account level"}, Value: func(s status) any {
			if s.person == nil {
				return nil
			}
			return service.Level(s.person.Level)
		}},
		{Name: "role", Title: i18n.Text{RU: "Роль", EN: "Role"}, Value: func(s status) any {
			if s.person == nil {
				return nil
			}
			return output.Dual{Machine: s.person.Role.Kind, Human: roleTitle(s.person.Role.Kind)}
		}},
		{Name: "oid", Title: i18n.Text{RU: "Номер в ЕСИА", EN: "ЕСИА number"}, Value: func(s status) any { return s.OID }},
		{Name: "orgOid", Title: i18n.Text{RU: "Организация", EN: "Organisation"}, Value: func(s status) any { return s.OrgOID }},
		{Name: "store", Title: i18n.Text{RU: "Токены хранятся", EN: "Tokens are kept in"}, Value: func(s status) any {
			return output.Dual{Machine: string(s.Store.Kind), Human: s.Store.Name}
		}},
		{Name: "storePlace", Title: i18n.Text{RU: "Место", EN: "Place"}, Value: func(s status) any { return s.Store.Place }, Wide: true},
		{Name: "storeNote", Title: i18n.Text{RU: "Почему там", EN: "Why there"}, Value: func(s status) any {
			return output.Dual{Machine: s.Store.Why, Human: s.Store.Note}
		}, Wide: true},
		{Name: "expiresAt", Title: i18n.Text{RU: "Маркер до", EN: "Marker until"}, Value: func(s status) any { return s.Expires }},
		{Name: "renews", Title: i18n.Text{RU: "Продлевается сам", EN: "Renews itself"}, Value: func(s status) any { return s.Renews }},
		{Name: "scopes", Title: i18n.Text{RU: "Права", EN: "Scopes"}, Value: func(s status) any { return s.Scopes }, Wide: true},
	}}
}

func roleTitle(kind string) i18n.Text {
	if kind == "organisation" {
		return i18n.Text{RU: "представитель организации", EN: "acts for an organisation"}
	}
	return i18n.Text{RU: "гражданин", EN: "citizen"}
}

func newStatus(f *factory.Factory) *cobra.Command {
	var out output.Options
	var online bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: i18n.Text{RU: "Кто вошёл и где хранятся токены", EN: "Who is signed in and where the tokens are kept"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Рассказывает о сеансе, не спрашивая портал. С --online спрашивает портал, кто вошёл. Код 3, если не вошёл никто.",
			EN: "Tells about the session without asking the portal. With --online the portal is asked who is signed in. Exit code 3 when nobody is."}.In(f.Lang),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			st, err := c.SignIn.Status(cmd.Context())
			if err != nil {
				return err
			}
			s := status{Status: st}
			if online && st.SignedIn {
				me, err := c.SignIn.Me(cmd.Context())
				if err != nil {
					return err
				}
				s.person = &me
			}
			if err := output.Object(f.IO, &out, statusView(), s); err != nil {
				return err
			}
			if !st.SignedIn {
				return NotSignedIn()
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&online, "online", false, i18n.Text{RU: "спросить портал", EN: "ask the portal"}.In(f.Lang))
	output.AddFlags(cmd, &out, statusView(), f.Lang)
	return cmd
}

// NotSignedIn says that nobody is signed in.
func NotSignedIn() *fault.Error {
	return fault.New(exitcode.Auth, "auth.required", i18n.Say("никто не вошёл", "nobody is signed in")).AdviseRun("epgu auth login")
}

func newToken(f *factory.Factory) *cobra.Command {
	var show bool
	cmd := &cobra.Command{
		Use:   "token",
		Short: i18n.Text{RU: "Напечатать действующий маркер (в канал)", EN: "Print a fresh marker (into a pipe)"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.IO.IsStdoutTTY() && !show {
				return fault.New(exitcode.Usage, "auth.token_on_screen", i18n.Say(
					"маркер не печатается на экран", "the marker is not printed on the screen")).
					Advise(i18n.Say("направьте вывод в программу или добавьте --show", "send the output to a program, or add --show"))
			}
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			t, err := c.SignIn.Token(cmd.Context(), "")
			if err != nil {
				return err
			}
			if t == "" {
				return NotSignedIn()
			}
			_, err = f.IO.Out.Write([]byte(t + "\n"))
			return err
		},
	}
	cmd.Flags().BoolVar(&show, "show", false, i18n.Text{RU: "напечатать и на экран", EN: "print on the screen, too"}.In(f.Lang))
	return cmd
}

func newLogout(f *factory.Factory) *cobra.Command {
	var all bool
	var out output.Options
	type ended struct {
		profile string
		was     bool
	}
	view := output.View[ended]{Fields: []output.Field[ended]{
		{Name: "profile", Title: i18n.Text{RU: "Профиль", EN: "Profile"}, Value: func(e ended) any { return e.profile }},
		{Name: "signedOut", Title: i18n.Text{RU: "Выход выполнен", EN: "Signed out"}, Value: func(e ended) any { return e.was }},
	}}
	cmd := &cobra.Command{
		Use:   "logout",
		Short: i18n.Text{RU: "Выйти и стереть токены", EN: "Sign out and erase the tokens"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			was, err := c.SignIn.Logout(cmd.Context(), all)
			if err != nil {
				return err
			}
			if !was {
				f.IO.Note(i18n.Say("Никто и не был в системе.", "Nobody was signed in."))
			}
			return output.Object(f.IO, &out, view, ended{c.Profile, was})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, i18n.Text{RU: "стереть и то, что сохранено нарочно (секрет TOTP)", EN: "erase also what was kept on purpose (the TOTP secret)"}.In(f.Lang))
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}
