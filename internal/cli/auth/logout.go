package auth

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// ended is a sign-out as it is printed.
type ended struct {
	profile string
	signin.LoggedOut
}

func logoutView() output.View[ended] {
	return output.View[ended]{Fields: []output.Field[ended]{
		{Name: "profile", Title: i18n.Text{RU: "Профиль", EN: "Profile"}, Value: func(e ended) any { return e.profile }},
		{Name: "signedOut", Title: i18n.Text{RU: "Выход выполнен", EN: "Signed out"}, Value: func(e ended) any { return e.Was }},
		{Name: "atPortal", Title: i18n.Text{RU: "Сеанс на портале закрыт", EN: "Session at the portal ended"}, Value: func(e ended) any { return e.AtPortal }},
	}}
}

func newLogout(f *factory.Factory) *cobra.Command {
	var all bool
	var out output.Options
	cmd := &cobra.Command{
		Use:   "logout",
		Short: i18n.Text{RU: "Выйти и стереть токены", EN: "Sign out and erase the tokens"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Закрывает сеанс на портале, если тот это умеет, и стирает токены здесь. Если портал недоступен, токены всё равно стираются, а команда говорит, что сеанс на портале остался.",
			EN: "Ends the session at the portal where that can be done, and erases the tokens here. When the portal is away the tokens are erased all the same, and the command says that the session at the portal lives on."}.In(f.Lang),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			session, err := f.Session(cmd.Context())
			if err != nil {
				return err
			}
			if c, err := f.Connect(cmd.Context()); err == nil {
				session = c.SignIn
			} else {
				session.Away(err)
			}
			done, err := session.Logout(cmd.Context(), all)
			if err != nil {
				return err
			}
			tellLogout(f, done)
			return output.Object(f.IO, &out, logoutView(), ended{session.Profile, done})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, i18n.Text{RU: "стереть и то, что сохранено нарочно (пароль, секрет TOTP, ключ API)", EN: "erase also what was kept on purpose (password, TOTP secret, API key)"}.In(f.Lang))
	output.AddFlags(cmd, &out, logoutView(), f.Lang)
	return cmd
}

func tellLogout(f *factory.Factory, done signin.LoggedOut) {
	switch {
	case !done.Was:
		f.IO.Note(i18n.Say("Никто и не был в системе.", "Nobody was signed in."))
	case done.AtPortal:
	case done.Browser != "":
		f.IO.Note(i18n.Text{RU: "Токены стёрты. Сеанс в браузере закрывает только страница портала: %s",
			EN: "The tokens are erased. Only the portal's page ends the browser's session: %s"}.With(untrusted.Text(done.Browser)))
	default:
		f.IO.Note(i18n.Text{RU: "Токены стёрты, но закрыть сеанс на портале не удалось (%s). Закройте его после входа: epgu auth sessions end",
			EN: "The tokens are erased, but the session at the portal could not be ended (%s). End it after signing in: epgu auth sessions end"}.With(messageOf(done.Err)))
	}
}

// messageOf is what an error says to people.
func messageOf(err error) i18n.Message {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return i18n.Text{RU: "%v", EN: "%v"}.With(err)
}
