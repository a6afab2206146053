package profile

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/auth"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/service"
	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// level is the level of the account with what comes next.
type level struct {
	now    wire.Level
	latest *wire.LevelRequest // the newest request; nil when there was none
}

func levelView() output.View[level] {
	ofLatest := func(get func(r *wire.LevelRequest) any) func(l level) any {
		return func(l level) any {
			if l.latest == nil {
				return nil
			}
			return get(l.latest)
		}
	}
	return output.View[level]{Fields: []output.Field[level]{
		{Name: "level", Title: i18n.Text{RU: "Уровень", EN: "Level"}, Value: func(l level) any { return service.Level(l.now) }},
		{Name: "gives", Title: i18n.Text{RU: "Что он даёт", EN: "What it gives"}, Value: func(l level) any { return account.Gives(l.now) }, Wide: true},
		{Name: "next", Title: i18n.Text{RU: "Следующий", EN: "Next"}, Value: func(l level) any {
			if next := account.NextLevel(l.now); next != "" {
				return service.Level(next)
			}
			return nil
		}},
		{Name: "howTo", Title: i18n.Text{RU: "Как получить", EN: "How to get it"}, Value: func(l level) any { return account.HowTo(l.now) }, Wide: true},
		{Name: "requested", Title: i18n.Text{RU: "Запрошен", EN: "Requested"}, Value: ofLatest(func(r *wire.LevelRequest) any { return service.Level(r.Level) })},
		{Name: "requestState", Title: i18n.Text{RU: "Запрос", EN: "Request"}, Value: ofLatest(func(r *wire.LevelRequest) any { return requestState(r.State) })},
		{Name: "decidedAt", Title: i18n.Text{RU: "Решение", EN: "Decision"}, Value: ofLatest(func(r *wire.LevelRequest) any { return r.DecidedAt })},
		{Name: "reason", Title: i18n.Text{RU: "Причина отказа", EN: "Reason of the refusal"}, Value: ofLatest(func(r *wire.LevelRequest) any {
			if r.Reason == nil {
				return nil
			}
			return r.Reason.Text
		}), Wide: true},
		{Name: "advice", Title: i18n.Text{RU: "Что делать", EN: "What to do"}, Value: ofLatest(func(r *wire.LevelRequest) any {
			if r.Reason == nil {
				return nil
			}
			return r.Reason.Advice
		}), Wide: true},
	}}
}

func requestState(s string) output.Dual {
	t := i18n.Text{RU: s, EN: s}
	switch s {
	case "pending":
		t = i18n.Text{RU: "проверяется", EN: "being checked"}
	case "done":
		t = i18n.Text{RU: "выполнен", EN: "done"}
	case "refused":
		t = i18n.Text{RU: "отказано", EN: "refused"}
	}
	return output.Dual{Machine: s, Human: t}
}

func readLevel(ctx context.Context, c *factory.Connection, wait time.Duration) (level, error) {
	list, err := c.Account.LevelRequests(ctx, wait)
	if err != nil {
		return level{}, err
	}
	me, err := c.SignIn.Remember(ctx)
	if err != nil {
		return level{}, err
	}
	l := level{now: me.Level}
	if len(list) > 0 {
		l.latest = &list[0]
	}
	return l, nil
}

func newLevel(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   "level",
		Short: i18n.Text{RU: "Уровень учётной записи и как его повысить", EN: "The level of the account and how to raise it"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			l, err := readLevel(cmd.Context(), c, 0)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, levelView(), l)
		},
	}
	output.AddFlags(cmd, &out, levelView(), f.Lang)
	cmd.AddCommand(newRaise(f))
	return cmd
}

func newRaise(f *factory.Factory) *cobra.Command {
	var out output.Options
	var passport, issued, issueID, issuedBy string
	var wait time.Duration
	var req wire.LevelRequestInput
	cmd := &cobra.Command{
		Use:   "raise",
		Short: i18n.Text{RU: "Запросить следующий уровень", EN: "Ask for the next level"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Стандартный уровень дают паспорт и СНИЛС, которые проверяют в реестрах; подтверждённый — банк или центр обслуживания (--way). Код 4, если в уровне отказано, 10, если решения ещё нет.",
			EN: "The standard level takes the passport and the СНИЛС, which the registers check; the confirmed one a bank or a service centre (--way). Exit code 4 when the level is refused, 10 when it is not decided yet."}.In(f.Lang),
		Example: "  epgu profile level raise --passport '0000 000003' --issued 2020-05-20 --snils '000-000-003 03' --gender M --birth-place 'г. Примерск' --wait 1m\n  epgu profile level raise --way bank",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			switch {
			case req.Way != "" && passport != "" || req.Way == "" && passport == "":
				return fault.New(exitcode.Usage, "level.which", i18n.Say("нужен паспорт (--passport …) или способ подтверждения (--way)", "give the passport (--passport …) or the way to prove your identity (--way)")).AdviseRun("epgu profile level")
			case req.Way != "":
				req.Level = wire.LevelConfirmed
			default:
				var err error
				if req.Passport, err = auth.Passport(passport); err != nil {
					return err
				}
				req.Level = wire.LevelStandard
				req.Passport.IssueDate, req.Passport.IssueID, req.Passport.IssuedBy = issued, issueID, wire.Text(issuedBy)
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			asked, err := c.Account.RaiseLevel(ctx, req)
			if err != nil {
				return err
			}
			l, err := readLevel(ctx, c, wait)
			if err != nil {
				return err
			}
			if err := output.Object(f.IO, &out, levelView(), l); err != nil {
				return err
			}
			return verdict(l, asked)
		},
	}
	fl := cmd.Flags()
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	fl.StringVar(&passport, "passport", "", say("`серия и номер` паспорта", "`series and number` of the passport"))
	fl.StringVar(&issued, "issued", "", say("`день` выдачи, ГГГГ-ММ-ДД", "`day` of issue, YYYY-MM-DD"))
	fl.StringVar(&issueID, "issuer-code", "", say("код подразделения", "code of the issuing office"))
	fl.StringVar(&issuedBy, "issuer", "", say("кем выдан", "issuing office"))
	fl.StringVar(&req.SNILS, "snils", "", say("СНИЛС", "СНИЛС"))
	fl.StringVar(&req.Gender, "gender", "", say("пол: M или F", "sex: M or F"))
	fl.StringVar(&req.BirthPlace, "birth-place", "", say("место рождения, как в паспорте", "place of birth as in the passport"))
	fl.StringVar(&req.Way, "way", "", say("как подтвердить личность: bank или centre", "how to prove your identity: bank or centre"))
	fl.DurationVar(&wait, "wait", 0, say("сколько ждать решения (не больше 1m)", "how long to wait for the decision (at most 1m)"))
	output.AddFlags(cmd, &out, levelView(), f.Lang)
	return cmd
}

// verdict turns the decision into an exit code.
func verdict(l level, asked *wire.LevelRequest) error {
	if l.latest == nil || l.latest.ID != asked.ID {
		return nil
	}
	switch l.latest.State {
	case "refused":
		f := fault.New(exitcode.Refused, "level.refused", i18n.Say("в уровне отказано", "the level was refused"))
		if r := l.latest.Reason; r != nil {
			f.Message = i18n.Text{RU: "в уровне отказано: %s", EN: "the level was refused: %s"}.With(r.Text)
			f.Hint = i18n.Text{RU: "%s", EN: "%s"}.With(r.Advice)
		}
		return f
	case "pending":
		return fault.New(exitcode.Pending, "level.pending", i18n.Say("запрос ещё проверяется", "the request is still being checked")).AdviseRun("epgu profile level")
	}
	return nil
}
