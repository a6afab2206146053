package profile

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func consentView() output.View[wire.Consent] {
	return output.View[wire.Consent]{Fields: []output.Field[wire.Consent]{
		{Name: "id", Title: i18n.Text{RU: "Номер", EN: "Id"}, Value: func(c wire.Consent) any { return c.ID }},
		{Name: "responsible", Title: i18n.Text{RU: "Кому", EN: "To whom"}, Value: func(c wire.Consent) any { return c.Responsible }, Wide: true},
		{Name: "clientId", Title: i18n.Text{RU: "Система", EN: "System"}, Value: func(c wire.Consent) any { return c.ClientID }},
		{Name: "sysname", Title: i18n.Text{RU: "Вид", EN: "Kind"}, Value: func(c wire.Consent) any { return c.Sysname }},
		{Name: "scopes", Title: i18n.Text{RU: "Что разрешено", EN: "What is allowed"}, Value: func(c wire.Consent) any { return c.Scopes }, Wide: true},
		{Name: "givenAt", Title: i18n.Text{RU: "Дано", EN: "Given"}, Value: func(c wire.Consent) any { return c.GivenAt }},
		{Name: "until", Title: i18n.Text{RU: "До", EN: "Until"}, Value: func(c wire.Consent) any { return c.Until }},
	}, Default: []string{"id", "responsible", "clientId", "sysname", "givenAt", "until"}}
}

func newConsents(f *factory.Factory) *cobra.Command {
	cmd := listing.Command(f, &cobra.Command{
		Use:   "consents",
		Short: i18n.Text{RU: "Какие согласия вы дали", EN: "Which consents you gave"}.In(f.Lang),
	}, listing.List[wire.Consent]{
		View: consentView(),
		Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.Consent, error) {
			return c.Account.Consents(ctx)
		}),
	})
	cmd.AddCommand(newWithdraw(f))
	return cmd
}

func newWithdraw(f *factory.Factory) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     i18n.Text{RU: "withdraw НОМЕР", EN: "withdraw ID"}.In(f.Lang),
		Aliases: []string{"revoke"},
		Short:   i18n.Text{RU: "Отозвать согласие; сеансы этой системы закончатся", EN: "Take a consent back; the sessions of its system end"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Портал больше не примет маркеров, выданных этой системе, и не продлит их. Если это система, через которую вошли вы, закончится и ваш сеанс: войдите и дайте согласие заново (epgu auth login).",
			EN: "The portal takes no marker issued to the system any more and renews none. When it is the system that you signed in through, your own session ends too: sign in and give the consent anew (epgu auth login)."}.In(f.Lang),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			list, err := c.Account.Consents(ctx)
			if err != nil {
				return err
			}
			consent, err := find(list, args[0])
			if err != nil {
				return err
			}
			if err := agreed(ctx, f, yes, i18n.Text{
				RU: "Отозвать согласие системе %s и закончить все её сеансы?", EN: "Take the consent to the system %s back and end all its sessions?"}.With(wire.Text(consent.ClientID))); err != nil {
				return err
			}
			if err := c.Account.RevokeConsent(ctx, args[0]); fault.ExitOf(err) == exitcode.Auth {
				// The answer was lost, and the session that would ask again is one of those
				// that end with the consent.
				return fault.New(exitcode.Auth, "consent.session_ended", i18n.Say("сеанс закончился, а он заканчивается и вместе с согласием: скорее всего, оно отозвано", "the session has ended, and it ends with the consent, too: most likely the consent is taken back")).
					Because(err).Advise(i18n.Say("войдите (epgu auth login) и посмотрите: epgu profile consents", "sign in (epgu auth login) and see: epgu profile consents"))
			} else if err != nil {
				return err
			}
			f.IO.Note(i18n.Text{RU: "Согласие отозвано, сеансы системы %s закончены.", EN: "The consent is taken back; the sessions of the system %s have ended."}.With(wire.Text(consent.ClientID)))
			return nil
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "не спрашивать согласия", EN: "do not ask for agreement"}.In(f.Lang))
	return cmd
}

func find(list []wire.Consent, id string) (wire.Consent, error) {
	for _, c := range list {
		if id == strconv.FormatInt(c.ID, 10) {
			return c, nil
		}
	}
	return wire.Consent{}, fault.New(exitcode.NotFound, "consent.not_found", i18n.Text{RU: "нет согласия с номером «%s»", EN: "there is no consent %q"}.With(wire.Text(id))).AdviseRun("epgu profile consents")
}
