// Package org is the noun "org": the organisations a person acts for, the role
// in force and the powers in it.
package org

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "org",
		Short: i18n.Text{RU: "Организации: от чьего имени вы действуете", EN: "Organisations: in whose name you act"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newList(f), newSwitch(f), newMembers(f), newDelegate(f), newRevoke(f), newStats(f)}
	})
	return cmd
}

func view() output.View[wire.Organisation] {
	return output.View[wire.Organisation]{Fields: []output.Field[wire.Organisation]{
		{Name: "oid", Title: i18n.Text{RU: "Номер", EN: "Number"}, Value: func(o wire.Organisation) any { return o.OID }},
		{Name: "current", Title: i18n.Text{RU: "Сейчас", EN: "Now"}, Value: func(o wire.Organisation) any { return o.Current }},
		{Name: "name", Title: i18n.Text{RU: "Название", EN: "Name"}, Value: func(o wire.Organisation) any { return o.Name }, Wide: true},
		{Name: "kind", Title: i18n.Text{RU: "Вид", EN: "Kind"}, Value: func(o wire.Organisation) any { return kind(o.Kind) }},
		{Name: "inn", Title: i18n.Text{RU: "ИНН", EN: "ИНН"}, Value: func(o wire.Organisation) any { return o.INN }},
		{Name: "kpp", Title: i18n.Text{RU: "КПП", EN: "КПП"}, Value: func(o wire.Organisation) any { return o.KPP }},
		{Name: "ogrn", Title: i18n.Text{RU: "ОГРН", EN: "ОГРН"}, Value: func(o wire.Organisation) any { return o.OGRN }},
		{Name: "position", Title: i18n.Text{RU: "Должность", EN: "Position"}, Value: func(o wire.Organisation) any { return o.Position }},
		{Name: "chief", Title: i18n.Text{RU: "Руководитель", EN: "Chief"}, Value: func(o wire.Organisation) any { return o.Chief }},
		{Name: "powers", Title: i18n.Text{RU: "Полномочия", EN: "Powers"}, Value: func(o wire.Organisation) any { return powers(o.Chief, o.Powers) }},
		{Name: "until", Title: i18n.Text{RU: "До", EN: "Until"}, Value: func(o wire.Organisation) any { return o.Until }},
	}, Default: []string{"oid", "current", "name", "inn", "position", "powers", "until"}}
}

func kind(k string) output.Dual {
	t := i18n.Text{RU: k, EN: k}
	switch k {
	case "LEGAL":
		t = i18n.Text{RU: "юридическое лицо", EN: "legal entity"}
	case "BUSINESS":
		t = i18n.Text{RU: "индивидуальный предприниматель", EN: "sole trader"}
	case "AGENCY":
		t = i18n.Text{RU: "орган власти", EN: "public authority"}
	}
	return output.Dual{Machine: k, Human: t}
}

// powers names powers; a chief has every one.
func powers(chief bool, list []string) output.Dual {
	if chief {
		return output.Dual{Machine: list, Human: i18n.Text{RU: "все", EN: "all"}}
	}
	said := make([]i18n.Text, len(list))
	for i, p := range list {
		switch p {
		case "orders":
			said[i] = i18n.Text{RU: "заявления", EN: "applications"}
		case "payments":
			said[i] = i18n.Text{RU: "платежи", EN: "payments"}
		default:
			said[i] = i18n.Text{RU: p, EN: p}
		}
	}
	return output.Dual{Machine: list, Human: said}
}

func newList(f *factory.Factory) *cobra.Command {
	return listing.Command(f, &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Кого вы представляете", EN: "Whom you act for"}.In(f.Lang),
	}, listing.List[wire.Organisation]{
		View: view(),
		Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.Organisation, error) {
			return c.Orgs.List(ctx)
		}),
	})
}

// role is the role in force as it is printed.
type role struct{ kind, orgOID, name string }

func newSwitch(f *factory.Factory) *cobra.Command {
	var out output.Options
	var self bool
	roleView := output.View[role]{Fields: []output.Field[role]{
		{Name: "role", Title: i18n.Text{RU: "Роль", EN: "Role"}, Value: func(r role) any {
			t := i18n.Text{RU: "частное лицо", EN: "oneself"}
			if r.kind == "organisation" {
				t = i18n.Text{RU: "представитель организации", EN: "acts for an organisation"}
			}
			return output.Dual{Machine: r.kind, Human: t}
		}},
		{Name: "orgOid", Title: i18n.Text{RU: "Номер организации", EN: "Organisation's number"}, Value: func(r role) any { return r.orgOID }},
		{Name: "name", Title: i18n.Text{RU: "От чьего имени", EN: "In whose name"}, Value: func(r role) any { return r.name }},
	}}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "switch ОРГАНИЗАЦИЯ | --self", EN: "switch ORGANISATION | --self"}.In(f.Lang),
		Short: i18n.Text{RU: "Сменить роль этого профиля", EN: "Change the role of this profile"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Организация — её номер в ЕСИА, ИНН, ОГРН или часть названия. Новый маркер несёт её номер; прежний сеанс закрывается.",
			EN: "The organisation is its number at ЕСИА, ИНН, ОГРН or a part of its name. The new marker carries its number; the earlier session is ended."}.In(f.Lang),
		Example: "  epgu org switch 9600000016\n  epgu org switch --self",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if self == (len(args) == 1) {
				return fault.New(exitcode.Usage, "org.which", i18n.Say("назовите организацию или добавьте --self", "name an organisation, or add --self")).AdviseRun("epgu org list")
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			oid := ""
			if !self {
				o, err := c.Orgs.Find(ctx, args[0])
				if err != nil {
					return err
				}
				oid = o.OID
			}
			if err := c.SignIn.SwitchRole(ctx, oid); err != nil {
				return err
			}
			p, err := c.SignIn.Remember(ctx)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, roleView, role{p.Role.Kind, p.Role.OrgOID, p.Name().String()})
		},
	}
	cmd.Flags().BoolVar(&self, "self", false, i18n.Text{RU: "действовать от своего имени", EN: "act in your own name"}.In(f.Lang))
	output.AddFlags(cmd, &out, roleView, f.Lang)
	return cmd
}

func memberView() output.View[wire.Member] {
	return output.View[wire.Member]{Fields: []output.Field[wire.Member]{
		{Name: "oid", Title: i18n.Text{RU: "Номер", EN: "Number"}, Value: func(m wire.Member) any { return m.OID }},
		{Name: "name", Title: i18n.Text{RU: "Имя", EN: "Name"}, Value: func(m wire.Member) any { return m.Name }},
		{Name: "position", Title: i18n.Text{RU: "Должность", EN: "Position"}, Value: func(m wire.Member) any { return m.Position }},
		{Name: "chief", Title: i18n.Text{RU: "Руководитель", EN: "Chief"}, Value: func(m wire.Member) any { return m.Chief }},
		{Name: "powers", Title: i18n.Text{RU: "Полномочия", EN: "Powers"}, Value: func(m wire.Member) any { return powers(m.Chief, m.Powers) }},
		{Name: "until", Title: i18n.Text{RU: "До", EN: "Until"}, Value: func(m wire.Member) any { return m.Until }},
	}}
}

// target finds the organisation of --org; without it the one acted for.
func target(ctx context.Context, c *factory.Connection, named string) (string, error) {
	if named != "" {
		o, err := c.Orgs.Find(ctx, named)
		return o.OID, err
	}
	st, err := c.SignIn.Status(ctx)
	if err != nil {
		return "", err
	}
	if st.OrgOID == "" {
		return "", fault.New(exitcode.Usage, "org.which", i18n.Say("вы действуете от своего имени: назовите организацию", "you act in your own name: name the organisation")).
			Advise(i18n.Say("добавьте --org или смените роль: epgu org switch", "add --org, or change the role: epgu org switch"))
	}
	return st.OrgOID, nil
}

func orgFlag(cmd *cobra.Command, f *factory.Factory, into *string) {
	cmd.Flags().StringVar(into, "org", "", i18n.Text{RU: "`организация`: номер, ИНН, ОГРН или часть названия; по умолчанию та, от имени которой вы действуете",
		EN: "`organisation`: number, ИНН, ОГРН or a part of its name; by default the one you act for"}.In(f.Lang))
}

func newMembers(f *factory.Factory) *cobra.Command {
	var org string
	cmd := &cobra.Command{
		Use:   "members",
		Short: i18n.Text{RU: "Кто ещё действует от имени организации (для руководителя)", EN: "Who else acts for the organisation (for its chief)"}.In(f.Lang),
	}
	orgFlag(cmd, f, &org)
	return listing.Command(f, cmd, listing.List[wire.Member]{
		View: memberView(),
		Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.Member, error) {
			oid, err := target(ctx, c, org)
			if err != nil {
				return nil, err
			}
			return c.Orgs.Members(ctx, oid)
		}),
	})
}

func newDelegate(f *factory.Factory) *cobra.Command {
	var out output.Options
	var org, until string
	in := wire.MemberInput{}
	cmd := &cobra.Command{
		Use:     i18n.Text{RU: "delegate ЛОГИН", EN: "delegate LOGIN"}.In(f.Lang),
		Short:   i18n.Text{RU: "Дать человеку полномочия в организации, при желании на срок", EN: "Give a person powers in the organisation, for a term if wished"}.In(f.Lang),
		Example: "  epgu org delegate anna@example.org --powers orders,payments --position Бухгалтер --until 2027-12-31",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in.Login = args[0]
			if until != "" {
				end, err := endOf(f, until)
				if err != nil {
					return err
				}
				in.Until = &end
			}
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			oid, err := target(cmd.Context(), c, org)
			if err != nil {
				return err
			}
			m, err := c.Orgs.Delegate(cmd.Context(), oid, in)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, memberView(), *m)
		},
	}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd.Flags().StringSliceVar(&in.Powers, "powers", nil, say("полномочия: orders (заявления), payments (платежи)", "powers: orders (applications), payments"))
	cmd.Flags().StringVar(&in.Position, "position", "", say("должность", "position"))
	cmd.Flags().StringVar(&until, "until", "", say("последний `день`, ГГГГ-ММ-ДД; без него бессрочно", "the last `day`, YYYY-MM-DD; without it, for good"))
	orgFlag(cmd, f, &org)
	// The only error is a flag that does not exist, and both were just added.
	_ = cmd.MarkFlagRequired("powers")
	_ = cmd.MarkFlagRequired("position")
	output.AddFlags(cmd, &out, memberView(), f.Lang)
	return cmd
}

// endOf is the end of a day where the person lives.
func endOf(f *factory.Factory, day string) (time.Time, error) {
	zone := f.IO.Location
	if zone == nil {
		zone = time.UTC
	}
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return time.Time{}, fault.New(exitcode.Usage, "flag.value", i18n.Text{
			RU: "--until не может быть «%s»: нужен день вида 2027-12-31", EN: "--until cannot be %q: a day like 2027-12-31 is needed"}.With(day))
	}
	return t.AddDate(0, 0, 1).Add(-time.Second), nil
}

func newRevoke(f *factory.Factory) *cobra.Command {
	var org string
	var yes bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "revoke НОМЕР", EN: "revoke NUMBER"}.In(f.Lang),
		Short: i18n.Text{RU: "Забрать у человека полномочия (номер — из epgu org members)", EN: "Take a person's powers back (the number is from epgu org members)"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			oid, err := target(cmd.Context(), c, org)
			if err != nil {
				return err
			}
			if !yes {
				label := i18n.Text{RU: "Забрать все полномочия у человека с номером %s?", EN: "Take every power back from the person with the number %s?"}.With(args[0])
				if ok, err := prompt.New(f.IO).Confirm(cmd.Context(), prompt.Question{Label: label, Flag: "--yes"}, false); err != nil || !ok {
					return err
				}
			}
			return c.Orgs.Revoke(cmd.Context(), oid, args[0])
		},
	}
	orgFlag(cmd, f, &org)
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "не переспрашивать", EN: "do not ask again"}.In(f.Lang))
	return cmd
}
