// Package support is the noun "support": what to write to those who run the portal.
package support

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/incident"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/esia"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "support",
		Short: i18n.Text{RU: "Обращения к операторам портала", EN: "Letters to the operators of the portal"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command { return []*cobra.Command{newIncident(f)} })
	return cmd
}

func view() output.View[incident.Letter] {
	return output.View[incident.Letter]{Fields: []output.Field[incident.Letter]{
		{Name: "to", Title: i18n.Text{RU: "Кому", EN: "To"}, Value: func(l incident.Letter) any { return l.To }},
		{Name: "subject", Title: i18n.Text{RU: "Тема", EN: "Subject"}, Value: func(l incident.Letter) any { return l.Subject }},
		{Name: "body", Title: i18n.Text{RU: "Письмо", EN: "Letter"}, Value: func(l incident.Letter) any { return l.Body }},
	}}
}

func newIncident(f *factory.Factory) *cobra.Command {
	var out output.Options
	var about incident.About
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("incident ЗАЯВЛЕНИЕ", "incident ORDER"),
		Short: tr("Письмо об инциденте в API ЕПГУ по приложению 2 спецификации", "The letter about an incident of API ЕПГУ that appendix 2 of the specification demands"),
		Long: tr(`Собирает письмо из записанных запросов к API ЕПГУ об этом заявлении: секретов и ответов с данными людей в записях нет.
Что знает только человек, помечено «[впишите]». Письмо печатается, отправляете его вы — с адреса smev@ вашей организации.`,
			`Makes the letter of the recorded requests to API ЕПГУ about this application: the records hold no secrets and no answers with people's data.
What only a person knows is marked «[впишите]». The letter is printed; you send it, from smev@ of your organisation.`),
		Example: "  epgu support incident 2058864134 --profile prod > incident.txt",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id <= 0 {
				return fault.New(exitcode.Usage, "usage.order", i18n.Text{RU: "номер заявления — целое число, а не «%s»", EN: "the number of an application is whole, not %q"}.With(args[0]))
			}
			letter, err := write(cmd, f, id, about)
			if err != nil {
				return err
			}
			if !out.Machine() && !out.Shaped() {
				_, err = fmt.Fprintf(f.IO.Out, "To: %s\nSubject: %s\n\n%s", letter.To, letter.Subject, letter.Body)
				return err
			}
			return output.Object(f.IO, &out, view(), letter)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&about.SystemName, "system", "", tr("`наименование` ИС в ЕСИА", "`name` of the information system at ЕСИА"))
	fl.StringVar(&about.OrgName, "org-name", "", tr("`наименование` организации-получателя", "`name` of the organisation that receives the service"))
	fl.StringVar(&about.Summary, "summary", "", tr("краткое `содержание` для темы письма", "short `summary` for the subject"))
	fl.StringVar(&about.Description, "description", "", tr("`описание` ситуации", "`description` of what happened"))
	fl.StringVar(&about.Analysis, "analysis", "", tr("`что` проверено", "`what` was checked"))
	output.AddFlags(cmd, &out, view(), f.Lang)
	return cmd
}

func write(cmd *cobra.Command, f *factory.Factory, id int64, about incident.About) (incident.Letter, error) {
	s, err := f.Settings()
	if err != nil {
		return incident.Letter{}, err
	}
	list, err := (&incident.Log{Path: f.RequestLog(s)}).About(id)
	if err != nil {
		return incident.Letter{}, err
	}
	if len(list) == 0 {
		return incident.Letter{}, fault.New(exitcode.NotFound, "support.no_request", i18n.Text{
			RU: "запросов о заявлении %d с этой машины в профиле %s не записано", EN: "no request about application %d is recorded on this machine in profile %s"}.With(id, s.ProfileName())).
			Advise(i18n.Text{RU: "повторите то, что не вышло (например, epgu application view %d), и соберите письмо", EN: "repeat what failed (epgu application view %d, for example), then make the letter"}.With(id))
	}
	e := incident.Worst(list)
	about.OrderID, about.ClientID = id, s.Get("client_id").Value
	about.Production = !strings.Contains(e.Host, "test")
	session, err := f.Session(cmd.Context())
	if err != nil {
		return incident.Letter{}, err
	}
	if st, err := session.Status(cmd.Context()); err == nil && st.SignedIn {
		about.PersonOID = st.OID
		if st.OrgOID != "0" {
			about.OrgOID = st.OrgOID
		}
		if st.Person != nil {
			about.PersonName = st.Person.Name().String()
		}
		if kept, err := session.Vault.Load(cmd.Context()); err == nil {
			if c, err := esia.Peek(kept.Access); err == nil {
				about.Token = time.Unix(c.IssuedAt, 0)
				if about.ClientID == "" {
					about.ClientID = c.ClientID
				}
			}
		}
	}
	return incident.Compose(about, e), nil
}
