package auth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/service"
	"github.com/epgu-cli/epgu/internal/core/settings"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// status is a session as a command prints it.
type status struct {
	signin.Status
	settings []setting
}

// setting is a setting of the session and where it was set.
type setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`          // "flag", "env", "profile", "file", "default"
	Where  string `json:"where,omitempty"` // the variable, the file or the profile
}

// settingsOf lists the settings that a session depends on and that are set.
func settingsOf(f *factory.Factory) ([]setting, error) {
	s, err := f.Settings()
	if err != nil {
		return nil, err
	}
	about := []string{"profile", "portal", "esia", "store", "client_id", "client_key", "client_cert", "redirect_uri", "esia_cert"}
	// Of the protocol's own switches only those that somebody turned.
	switches := func(v settings.Value) bool {
		return strings.HasPrefix(v.Name, "esia_") && v.Source != settings.FromDefault
	}
	var out []setting
	for _, v := range s.All() {
		if (slices.Contains(about, v.Name) || switches(v)) && v.Value != "" {
			out = append(out, setting{v.Name, v.Value, string(v.Source), v.Where})
		}
	}
	return out, nil
}

// said is a setting in words: "store=file (EPGU_STORE)".
func (s setting) said() string {
	where := s.Where
	if where == "" {
		where = s.Source
	}
	return fmt.Sprintf("%s=%s (%s)", s.Name, s.Value, where)
}

// ofPerson gives a field that is empty while the person is unknown.
func ofPerson(get func(p *signin.Person) any) func(s status) any {
	return func(s status) any {
		if s.Person == nil {
			return nil
		}
		return get(s.Person)
	}
}

func statusView() output.View[status] {
	return output.View[status]{Fields: []output.Field[status]{
		{Name: "profile", Title: i18n.Text{RU: "Профиль", EN: "Profile"}, Value: func(s status) any { return s.Profile }},
		{Name: "signedIn", Title: i18n.Text{RU: "Вход выполнен", EN: "Signed in"}, Value: func(s status) any { return s.SignedIn }},
		{Name: "name", Title: i18n.Text{RU: "Кто", EN: "Who"}, Value: ofPerson(func(p *signin.Person) any { return p.FullName() })},
		{Name: "level", Title: i18n.Text{RU: "Учётная запись", EN: "Account level"}, Value: ofPerson(func(p *signin.Person) any { return service.Level(p.Level) })},
		{Name: "role", Title: i18n.Text{RU: "Роль", EN: "Role"}, Value: ofPerson(func(p *signin.Person) any {
			return output.Dual{Machine: p.Role.Kind, Human: roleTitle(p)}
		})},
		{Name: "oid", Title: i18n.Text{RU: "Номер в ЕСИА", EN: "ЕСИА number"}, Value: func(s status) any { return s.OID }},
		{Name: "orgOid", Title: i18n.Text{RU: "Организация", EN: "Organisation"}, Value: func(s status) any { return s.OrgOID }},
		{Name: "orgName", Title: i18n.Text{RU: "Название организации", EN: "Its name"}, Value: ofPerson(func(p *signin.Person) any { return p.Role.Name })},
		{Name: "store", Title: i18n.Text{RU: "Токены хранятся", EN: "Tokens are kept in"}, Value: func(s status) any {
			return output.Dual{Machine: string(s.Store.Kind), Human: s.Store.Name}
		}},
		{Name: "storePlace", Title: i18n.Text{RU: "Место", EN: "Place"}, Value: func(s status) any { return s.Store.Place }, Wide: true},
		{Name: "storeNote", Title: i18n.Text{RU: "Почему там", EN: "Why there"}, Value: func(s status) any {
			return output.Dual{Machine: s.Store.Why, Human: s.Store.Note}
		}, Wide: true},
		{Name: "kept", Title: i18n.Text{RU: "Сохранено для входа без человека", EN: "Kept to sign in without a person"}, Value: func(s status) any { return s.Kept }},
		{Name: "expiresAt", Title: i18n.Text{RU: "Маркер до", EN: "Marker until"}, Value: func(s status) any { return s.Expires }},
		{Name: "expired", Title: i18n.Text{RU: "Маркер истёк", EN: "Marker expired"}, Value: func(s status) any { return s.Expired }},
		{Name: "renews", Title: i18n.Text{RU: "Продлевается сам", EN: "Renews itself"}, Value: func(s status) any { return s.Renews }},
		{Name: "scopes", Title: i18n.Text{RU: "Права", EN: "Scopes"}, Value: func(s status) any { return s.Scopes }, Wide: true},
		{Name: "settings", Title: i18n.Text{RU: "Настройки", EN: "Settings"}, Value: func(s status) any {
			said := make([]string, len(s.settings))
			for i, v := range s.settings {
				said[i] = v.said()
			}
			return output.Dual{Machine: s.settings, Human: said}
		}, Wide: true},
	}}
}

func roleTitle(p *signin.Person) i18n.Text {
	switch {
	case p.Role.Kind != "organisation":
		return i18n.Text{RU: "гражданин", EN: "citizen"}
	case p.Role.Chief:
		return i18n.Text{RU: "руководитель организации", EN: "chief of an organisation"}
	}
	return i18n.Text{RU: "представитель организации", EN: "acts for an organisation"}
}

func newStatus(f *factory.Factory) *cobra.Command {
	var out output.Options
	var online bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: i18n.Text{RU: "Кто вошёл, в какой роли и где хранятся токены", EN: "Who is signed in, in which role, and where the tokens are kept"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Рассказывает о сеансе, не спрашивая портал: имя, роль и уровень — какими они были при входе. С --online спрашивает заново. Код 3, если не вошёл никто.",
			EN: "Tells about the session without asking the portal: name, role and level are as they were at sign-in. With --online the portal is asked anew. Exit code 3 when nobody is signed in."}.In(f.Lang),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			sign, err := f.Session(ctx)
			if err != nil {
				return err
			}
			if online {
				c, err := f.Connect(ctx)
				if err != nil {
					return err
				}
				sign = c.SignIn
				if st, err := sign.Status(ctx); err == nil && st.SignedIn {
					if _, err := sign.Remember(ctx); err != nil {
						return err
					}
				}
			}
			return printStatus(f, cmd, sign, &out)
		},
	}
	cmd.Flags().BoolVar(&online, "online", false, i18n.Text{RU: "спросить портал", EN: "ask the portal"}.In(f.Lang))
	output.AddFlags(cmd, &out, statusView(), f.Lang)
	return cmd
}

// printStatus prints what is known of the session; nobody signed in is exit 3.
func printStatus(f *factory.Factory, cmd *cobra.Command, sign *signin.Service, out *output.Options) error {
	st, err := sign.Status(cmd.Context())
	if err != nil {
		return err
	}
	set, err := settingsOf(f)
	if err != nil {
		return err
	}
	if err := output.Object(f.IO, out, statusView(), status{st, set}); err != nil {
		return err
	}
	if !st.SignedIn {
		return signin.NotSignedIn()
	}
	return nil
}
