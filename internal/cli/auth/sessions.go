package auth

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

func sessionsView() output.View[wire.Session] {
	return output.View[wire.Session]{Fields: []output.Field[wire.Session]{
		{Name: "id", Title: i18n.Text{RU: "Сеанс", EN: "Session"}, Value: func(s wire.Session) any { return s.ID }},
		{Name: "current", Title: i18n.Text{RU: "Этот", EN: "This one"}, Value: func(s wire.Session) any { return s.Current }},
		{Name: "createdAt", Title: i18n.Text{RU: "Начат", EN: "Begun"}, Value: func(s wire.Session) any { return s.CreatedAt }},
		{Name: "method", Title: i18n.Text{RU: "Способ", EN: "Method"}, Value: func(s wire.Session) any { return method(s.Method) }},
		{Name: "agent", Title: i18n.Text{RU: "Программа", EN: "Program"}, Value: func(s wire.Session) any { return s.Agent }, Wide: true},
		{Name: "address", Title: i18n.Text{RU: "Откуда", EN: "From"}, Value: func(s wire.Session) any { return address(s.Address) }},
		{Name: "orgOid", Title: i18n.Text{RU: "Организация", EN: "Organisation"}, Value: func(s wire.Session) any { return s.OrgOID }},
		{Name: "clientId", Title: i18n.Text{RU: "Система", EN: "System"}, Value: func(s wire.Session) any { return s.ClientID }},
	}, Default: []string{"id", "current", "createdAt", "method", "agent", "address"}}
}

// address says where a request came from; the training portal inside the program
// has no network.
func address(a wire.Text) any {
	if a == wire.InProcess {
		return output.Dual{Machine: string(a), Human: account.AddressTitle(a)}
	}
	return a
}

func method(m string) output.Dual { return output.Dual{Machine: m, Human: account.MethodTitle(m)} }

func newSessions(f *factory.Factory) *cobra.Command {
	cmd := listing.Command(f, &cobra.Command{
		Use:   "sessions",
		Short: i18n.Text{RU: "Где вы вошли", EN: "Where you are signed in"}.In(f.Lang),
	}, listing.List[wire.Session]{
		View: sessionsView(),
		Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.Session, error) {
			return c.Account.Sessions(ctx)
		}),
	})
	cmd.AddCommand(newSessionsEnd(f))
	return cmd
}

func newSessionsEnd(f *factory.Factory) *cobra.Command {
	var others, all, yes bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "end [СЕАНС…]", EN: "end [SESSION…]"}.In(f.Lang),
		Short: i18n.Text{RU: "Закрыть сеансы: названные, все остальные или вообще все", EN: "End sessions: those named, all the others, or every one"}.In(f.Lang),
		RunE: func(cmd *cobra.Command, ids []string) error {
			ctx := cmd.Context()
			if (len(ids) > 0) == (others || all) {
				return fault.New(exitcode.Usage, "sessions.which", i18n.Say("назовите сеансы или добавьте --others либо --all", "name the sessions, or add --others or --all")).AdviseRun("epgu auth sessions")
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if err := c.Account.EndSession(ctx, id); err != nil {
					return err
				}
			}
			if len(ids) > 0 {
				return nil
			}
			if !yes {
				label := i18n.Text{RU: "Закрыть все сеансы, кроме этого?", EN: "End every session but this one?"}
				if all {
					label = i18n.Text{RU: "Закрыть все сеансы, и этот тоже?", EN: "End every session, this one too?"}
				}
				if ok, err := prompt.New(f.IO).Confirm(ctx, prompt.Question{Label: label, Flag: "--yes"}, false); err != nil || !ok {
					return err
				}
			}
			if err := c.Account.EndOtherSessions(ctx); err != nil || !all {
				return err
			}
			done, err := c.SignIn.Logout(ctx, false)
			if err == nil {
				tellLogout(f, done)
			}
			return err
		},
	}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd.Flags().BoolVar(&others, "others", false, say("все, кроме этого", "every one but this"))
	cmd.Flags().BoolVar(&all, "all", false, say("все, и этот: выйти везде", "every one, this too: sign out everywhere"))
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, say("не переспрашивать", "do not ask again"))
	cmd.MarkFlagsMutuallyExclusive("others", "all")
	return cmd
}

func historyView() output.View[wire.SignInEntry] {
	return output.View[wire.SignInEntry]{Fields: []output.Field[wire.SignInEntry]{
		{Name: "at", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(e wire.SignInEntry) any { return e.At }},
		{Name: "outcome", Title: i18n.Text{RU: "Исход", EN: "Outcome"}, Value: func(e wire.SignInEntry) any { return outcome(e.Outcome) }},
		{Name: "suspicious", Title: i18n.Text{RU: "Подозрительный", EN: "Suspicious"}, Value: func(e wire.SignInEntry) any { return e.Suspicious }},
		{Name: "method", Title: i18n.Text{RU: "Способ", EN: "Method"}, Value: func(e wire.SignInEntry) any { return method(e.Method) }},
		{Name: "agent", Title: i18n.Text{RU: "Программа", EN: "Program"}, Value: func(e wire.SignInEntry) any { return e.Agent }, Wide: true},
		{Name: "address", Title: i18n.Text{RU: "Откуда", EN: "From"}, Value: func(e wire.SignInEntry) any { return address(e.Address) }},
		{Name: "clientId", Title: i18n.Text{RU: "Система", EN: "System"}, Value: func(e wire.SignInEntry) any { return e.ClientID }},
	}, Default: []string{"at", "outcome", "suspicious", "method", "agent", "address"}}
}

func outcome(o string) output.Dual { return output.Dual{Machine: o, Human: account.OutcomeTitle(o)} }

func newHistory(f *factory.Factory) *cobra.Command {
	var suspicious bool
	cmd := &cobra.Command{
		Use:   "history",
		Short: i18n.Text{RU: "История входов", EN: "History of sign-ins"}.In(f.Lang),
	}
	cmd.Flags().BoolVar(&suspicious, "suspicious", false, i18n.Text{RU: "только подозрительные", EN: "only suspicious ones"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[wire.SignInEntry]{
		View: historyView(), Limit: 50,
		Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.SignInEntry, error) {
			list, err := c.Account.History(ctx)
			if suspicious {
				list = slices.DeleteFunc(list, func(e wire.SignInEntry) bool { return !e.Suspicious })
			}
			return list, err
		}),
	})
}
