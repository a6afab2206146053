// Package sandbox is the noun "sandbox": the embedded training portal, its
// time, people and faults.
package sandbox

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/service"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/training"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: i18n.Text{RU: "Встроенный учебный портал", EN: "The embedded training portal"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newServe(f), newUsers(f), newMessages(f), newAdvance(f), newClock(f), newFaults(f), newSeed(f), newPhoto(f), newReset(f)}
	})
	return cmd
}

// controls returns the training portal's controls, or says that the profile in
// force is not a training portal.
func controls(ctx context.Context, f *factory.Factory) (*training.Client, error) {
	c, err := f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if c.Training == nil {
		return nil, fault.New(exitcode.Refused, "portal.not_training", i18n.Text{
			RU: "профиль %s — не учебный портал", EN: "profile %s is no training portal"}.With(c.Profile)).Advise(i18n.Say("добавьте --profile sandbox", "add --profile sandbox"))
	}
	return c.Training, nil
}

func newUsers(f *factory.Factory) *cobra.Command {
	var out output.Options
	view := output.View[wire.User]{Fields: []output.Field[wire.User]{
		{Name: "name", Title: i18n.Text{RU: "Кто", EN: "Who"}, Value: func(u wire.User) any { return u.Name }, Wide: true},
		{Name: "login", Title: i18n.Text{RU: "Логин", EN: "Login"}, Value: func(u wire.User) any { return u.Login }},
		{Name: "password", Title: i18n.Text{RU: "Пароль", EN: "Password"}, Value: func(u wire.User) any { return u.Password }},
		{Name: "level", Title: i18n.Text{RU: "Учётная запись", EN: "Level"}, Value: func(u wire.User) any { return service.Level(cabinet.Level(u.Level)) }},
		{Name: "role", Title: i18n.Text{RU: "Роль", EN: "Role"}, Value: func(u wire.User) any { return u.Role }, Wide: true},
		{Name: "orgOid", Title: i18n.Text{RU: "Организация", EN: "Organisation"}, Value: func(u wire.User) any { return u.OrgOID }},
		{Name: "totpSecret", Title: i18n.Text{RU: "Секрет TOTP", EN: "TOTP secret"}, Value: func(u wire.User) any { return u.TOTPSecret }},
		{Name: "logins", Title: i18n.Text{RU: "Все логины", EN: "All logins"}, Value: func(u wire.User) any { return u.Logins }, Wide: true},
		{Name: "lastCode", Title: i18n.Text{RU: "Последний код", EN: "Last code"}, Value: func(u wire.User) any {
			for _, m := range u.Messages {
				if m.Code != "" {
					return m.Code
				}
			}
			return nil
		}},
		{Name: "messages", Title: i18n.Text{RU: "Сообщения", EN: "Messages"}, Value: func(u wire.User) any {
			lines := make([]i18n.Message, len(u.Messages))
			for i, m := range u.Messages {
				lines[i] = i18n.Text{RU: "%s %s: %s", EN: "%s %s: %s"}.With(i18n.Second(m.At), m.Kind, m.Text)
			}
			return output.Dual{Machine: u.Messages, Human: lines}
		}, Wide: true},
	}, Default: []string{"name", "login", "password", "level", "role", "totpSecret", "lastCode"}}
	cmd := &cobra.Command{
		Use:   "users",
		Short: i18n.Text{RU: "Учебные люди: логины, пароли, коды из SMS", EN: "Demo people: logins, passwords, codes from SMS"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := controls(cmd.Context(), f)
			if err != nil {
				return err
			}
			users, err := t.Users(cmd.Context())
			if err != nil {
				return err
			}
			return output.List(f.IO, &out, view, users, output.Page{})
		},
	}
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}

func newAdvance(f *factory.Factory) *cobra.Command {
	var out output.Options
	view := output.View[wire.AdvanceResult]{Fields: []output.Field[wire.AdvanceResult]{
		{Name: "now", Title: i18n.Text{RU: "Теперь на портале", EN: "Now at the portal"}, Value: func(r wire.AdvanceResult) any { return r.Now }},
		{Name: "events", Title: i18n.Text{RU: "Произошло событий", EN: "Events"}, Value: func(r wire.AdvanceResult) any { return r.Events }},
	}}
	cmd := &cobra.Command{
		Use:     i18n.Text{RU: "advance СРОК", EN: "advance PERIOD"}.In(f.Lang),
		Short:   i18n.Text{RU: "Сдвинуть календарь портала вперёд", EN: "Move the portal's calendar forward"}.In(f.Lang),
		Example: "  epgu sandbox advance 3d\n  epgu sandbox advance 36h",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := clock.ParsePeriod(args[0])
			if err != nil {
				return err
			}
			t, err := controls(cmd.Context(), f)
			if err != nil {
				return err
			}
			r, err := t.Advance(cmd.Context(), d)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, view, *r)
		},
	}
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}

func newClock(f *factory.Factory) *cobra.Command {
	var out output.Options
	var speed float64
	var skip bool
	view := output.View[wire.Clock]{Fields: []output.Field[wire.Clock]{
		{Name: "now", Title: i18n.Text{RU: "Время портала", EN: "Portal time"}, Value: func(c wire.Clock) any { return c.Now }},
		{Name: "speed", Title: i18n.Text{RU: "Во сколько раз быстрее", EN: "Speed"}, Value: func(c wire.Clock) any { return c.Speed }},
		{Name: "skipIdle", Title: i18n.Text{RU: "Ожидание пропускает дни", EN: "Waiting skips idle time"}, Value: func(c wire.Clock) any { return c.SkipIdle }},
	}}
	cmd := &cobra.Command{
		Use:   "clock",
		Short: i18n.Text{RU: "Время портала и его скорость", EN: "The portal's time and its speed"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := controls(cmd.Context(), f)
			if err != nil {
				return err
			}
			var patch wire.ClockPatch
			if cmd.Flags().Changed("speed") {
				patch.Speed = &speed
			}
			if cmd.Flags().Changed("skip-idle") {
				patch.SkipIdle = &skip
			}
			var c *wire.Clock
			if patch == (wire.ClockPatch{}) {
				c, err = t.Clock(cmd.Context())
			} else {
				c, err = t.SetClock(cmd.Context(), patch)
			}
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, view, *c)
		},
	}
	cmd.Flags().Float64Var(&speed, "speed", 1, i18n.Text{RU: "секунд календаря за одну настоящую", EN: "calendar seconds per real second"}.In(f.Lang))
	cmd.Flags().BoolVar(&skip, "skip-idle", true, i18n.Text{RU: "пропускать дни, пока кто-то ждёт", EN: "skip idle days while somebody waits"}.In(f.Lang))
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}

func newSeed(f *factory.Factory) *cobra.Command {
	var req wire.SeedRequest
	cmd := &cobra.Command{
		Use:   "seed",
		Short: i18n.Text{RU: "Завести учебные начисления", EN: "Make demo charges"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := controls(cmd.Context(), f)
			if err != nil {
				return err
			}
			return t.Seed(cmd.Context(), req)
		},
	}
	cmd.Flags().Uint64Var(&req.Seed, "seed", 1, i18n.Text{RU: "число, от которого зависит выбор", EN: "number that decides the choice"}.In(f.Lang))
	cmd.Flags().IntVar(&req.Charges, "charges", 10, i18n.Text{RU: "сколько начислений", EN: "how many charges"}.In(f.Lang))
	cmd.Flags().StringVar(&req.Login, "user", "", i18n.Text{RU: "кому (логин); пусто — всем", EN: "whose (login); empty is everybody"}.In(f.Lang))
	cmd.Flags().Int64Var(&req.OrgOID, "org", 0, i18n.Text{RU: "организации с этим `номером` в ЕСИА", EN: "the organisation with this ЕСИА `number`"}.In(f.Lang))
	cmd.Flags().StringVar(&req.Kind, "kind", "", i18n.Text{RU: "fine, tax, duty или debt; пусто — вперемешку", EN: "fine, tax, duty or debt; empty is a mix"}.In(f.Lang))
	return cmd
}

func newReset(f *factory.Factory) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "reset",
		Short: i18n.Text{RU: "Вернуть портал к первому дню", EN: "Return the portal to its first day"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := controls(cmd.Context(), f)
			if err != nil {
				return err
			}
			if !yes {
				err := prompt.New(f.IO).TypedConfirm(cmd.Context(), prompt.Typed{
					Label:    i18n.Say("Все учебные заявления, начисления и платежи исчезнут", "All demo applications, charges and payments will be gone"),
					Expected: "reset", Flag: "--yes"})
				if err != nil {
					return err
				}
			}
			return t.Reset(cmd.Context())
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "не спрашивать", EN: "do not ask"}.In(f.Lang))
	return cmd
}

func newFaults(f *factory.Factory) *cobra.Command {
	var out output.Options
	var want wire.Faults
	var lose, refuse, s503, s429, outcome, intake, lag string
	var off bool
	var ways []string
	view := output.View[wire.Faults]{Fields: []output.Field[wire.Faults]{
		{Name: "seed", Title: i18n.Text{RU: "Число выбора", EN: "Seed"}, Value: func(x wire.Faults) any { return x.Seed }},
		{Name: "path", Title: i18n.Text{RU: "Только пути", EN: "Only paths"}, Value: func(x wire.Faults) any { return x.Path }},
		{Name: "loseReply", Title: i18n.Text{RU: "Терять ответ", EN: "Lose the reply"}, Value: func(x wire.Faults) any { return x.LoseReply }},
		{Name: "refuse", Title: i18n.Text{RU: "Рвать связь до работы", EN: "Cut before any work"}, Value: func(x wire.Faults) any { return x.Refuse }},
		{Name: "status503", Title: i18n.Text{RU: "Отвечать 503", EN: "Answer 503"}, Value: func(x wire.Faults) any { return x.Status503 }},
		{Name: "status429", Title: i18n.Text{RU: "Отвечать 429", EN: "Answer 429"}, Value: func(x wire.Faults) any { return x.Status429 }},
		{Name: "slowMs", Title: i18n.Text{RU: "Медлить, мс", EN: "Delay, ms"}, Value: func(x wire.Faults) any { return x.SlowMS }},
		{Name: "down", Title: i18n.Text{RU: "Не отвечать совсем", EN: "Down"}, Value: func(x wire.Faults) any { return x.Down }},
		{Name: "answer", Title: i18n.Text{RU: "Отвечать кодом ошибки", EN: "Answer with an error code"}, Value: func(x wire.Faults) any { return x.Answer }},
		{Name: "intake", Title: i18n.Text{RU: "Чем кончать проверку архива", EN: "What archives end in"}, Value: func(x wire.Faults) any {
			if x.Intake == nil {
				return nil
			}
			return *x.Intake
		}},
		{Name: "count", Title: i18n.Text{RU: "Всего сбоев", EN: "Faults in all"}, Value: func(x wire.Faults) any { return x.Count }},
		{Name: "paidLagSeconds", Title: i18n.Text{RU: "Задержка отметки об оплате, с", EN: "Lag of the paid flag, s"}, Value: func(x wire.Faults) any {
			if x.PaidLagSeconds == nil {
				return nil
			}
			return *x.PaidLagSeconds
		}},
		{Name: "outcomeSeed", Title: i18n.Text{RU: "Решения ведомств", EN: "Departments' decisions"}, Value: func(x wire.Faults) any {
			if x.OutcomeSeed == nil {
				return nil
			}
			return *x.OutcomeSeed
		}},
		{Name: "bankWays", Title: i18n.Text{RU: "Отступления банка от DirectBank", EN: "How the bank deviates from DirectBank"}, Value: func(x wire.Faults) any {
			if x.BankWays == nil {
				return nil
			}
			return *x.BankWays
		}},
	}}
	cmd := &cobra.Command{
		Use:     "faults",
		Short:   i18n.Text{RU: "Заставить портал сбоить", EN: "Make the portal fail"}.In(f.Lang),
		Example: "  epgu sandbox faults --lose-reply 5% --seed 42\n  epgu sandbox faults --outcome approve\n  epgu sandbox faults --bank signed,silent\n  epgu sandbox faults --off",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t, err := controls(cmd.Context(), f)
			if err != nil {
				return err
			}
			now, err := t.Faults(cmd.Context())
			if err != nil {
				return err
			}
			if off {
				*now = wire.Faults{OutcomeSeed: now.OutcomeSeed, PaidLagSeconds: now.PaidLagSeconds, BankWays: &[]string{}, Intake: new(string)}
			}
			changed := off
			for _, share := range []struct {
				flag, text string
				into       *float64
			}{{"lose-reply", lose, &now.LoseReply}, {"refuse", refuse, &now.Refuse}, {"status-503", s503, &now.Status503}, {"status-429", s429, &now.Status429}} {
				if !cmd.Flags().Changed(share.flag) {
					continue
				}
				changed = true
				if *share.into, err = parseShare(share.flag, share.text); err != nil {
					return err
				}
			}
			for flag, set := range map[string]func(){
				"seed": func() { now.Seed = want.Seed }, "path": func() { now.Path = want.Path }, "slow": func() { now.SlowMS = want.SlowMS },
				"down": func() { now.Down = want.Down }, "count": func() { now.Count = want.Count }, "answer": func() { now.Answer = want.Answer },
			} {
				if cmd.Flags().Changed(flag) {
					set()
					changed = true
				}
			}
			if cmd.Flags().Changed("intake") {
				changed = true
				if now.Intake = &intake; intake == "none" {
					*now.Intake = ""
				}
			}
			if cmd.Flags().Changed("outcome") {
				changed = true
				if now.OutcomeSeed, err = parseOutcome(outcome); err != nil {
					return err
				}
			}
			if cmd.Flags().Changed("bank") {
				changed = true
				if !slices.Contains(ways, "none") {
					now.BankWays = &ways
				} else {
					now.BankWays = &[]string{}
				}
			}
			if cmd.Flags().Changed("paid-lag") {
				changed = true
				d, err := clock.ParsePeriod(lag)
				if err != nil {
					return err
				}
				seconds := int64(d / time.Second)
				now.PaidLagSeconds = &seconds
			}
			if changed {
				if err := t.SetFaults(cmd.Context(), *now); err != nil {
					return err
				}
			}
			return output.Object(f.IO, &out, view, *now)
		},
	}
	fl, lang := cmd.Flags(), f.Lang
	fl.StringVar(&lose, "lose-reply", "", i18n.Text{RU: "сделать дело и потерять ответ: `доля`, например 5%", EN: "do the work and lose the answer: a `share` such as 5%"}.In(lang))
	fl.StringVar(&refuse, "refuse", "", i18n.Text{RU: "рвать связь до всякой работы: `доля`", EN: "cut the connection before any work: a `share`"}.In(lang))
	fl.StringVar(&s503, "status-503", "", i18n.Text{RU: "отвечать 503: `доля`", EN: "answer 503: a `share`"}.In(lang))
	fl.StringVar(&s429, "status-429", "", i18n.Text{RU: "отвечать 429: `доля`", EN: "answer 429: a `share`"}.In(lang))
	fl.Int64Var(&want.SlowMS, "slow", 0, i18n.Text{RU: "задержка каждого ответа, `мс`", EN: "delay of every answer, `ms`"}.In(lang))
	fl.BoolVar(&want.Down, "down", false, i18n.Text{RU: "не отвечать совсем", EN: "do not answer at all"}.In(lang))
	fl.StringVar(&want.Path, "path", "", i18n.Text{RU: "только для путей с этим началом", EN: "only for paths that begin so"}.In(lang))
	fl.IntVar(&want.Count, "count", 0, i18n.Text{RU: "столько сбоев и не больше", EN: "this many faults and no more"}.In(lang))
	fl.Uint64Var(&want.Seed, "seed", 0, i18n.Text{RU: "число, от которого зависит выбор", EN: "number that decides the choice"}.In(lang))
	fl.StringVar(&outcome, "outcome", "", i18n.Text{RU: "решения ведомств: approve, correct, refuse, document (просят документ), invite (приглашают), draw или число", EN: "departments' decisions: approve, correct, refuse, document (one is asked for), invite, draw or a number"}.In(lang))
	fl.StringVar(&want.Answer, "answer", "", i18n.Text{RU: "отвечать по API ЕПГУ этим `кодом` ошибки, например bad_delegation", EN: "answer API ЕПГУ with this error `code`, such as bad_delegation"}.In(lang))
	fl.StringVar(&intake, "intake", "", i18n.Text{RU: "чем кончать проверку архива: `состояние`, например MPC_NOT_FOUND; none — проверять как обычно", EN: "what the check of archives ends in: a `state` such as MPC_NOT_FOUND; none checks them as usual"}.In(lang))
	fl.StringVar(&lag, "paid-lag", "", i18n.Text{RU: "сколько после оплаты начисление числится неоплаченным: `срок`, например 2d", EN: "how long a charge stays unpaid after its payment: a `period` such as 2d"}.In(lang))
	fl.StringSliceVar(&ways, "bank", nil, i18n.Text{RU: "как банк отступает от DirectBank: `слова` через запятую, none — никак; список: docs/directbank.ru.md", EN: "how the bank deviates from DirectBank: `words` separated by commas, none for not at all; docs/directbank.md lists them"}.In(lang))
	fl.BoolVar(&off, "off", false, i18n.Text{RU: "прекратить сбои", EN: "stop all faults"}.In(lang))
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}

func parseShare(flag, s string) (float64, error) {
	text, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	v, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= 1) {
		return 0, fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--%s: «%s» — не доля; пишите 5%% или 0.05", EN: "--%s: %q is not a share; write 5%% or 0.05"}.With(flag, s))
	}
	return v, nil
}

func parseOutcome(s string) (*uint64, error) {
	named := func(v uint64) (*uint64, error) { return &v, nil }
	switch s {
	case "approve":
		return named(wire.OutcomeApprove)
	case "correct":
		return named(wire.OutcomeCorrect)
	case "refuse":
		return named(wire.OutcomeRefuse)
	case "document":
		return named(wire.OutcomeDocument)
	case "invite":
		return named(wire.OutcomeInvite)
	case "draw":
		return nil, nil
	}
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return nil, fault.New(exitcode.Usage, "flag.value", i18n.Text{
			RU: "--outcome не может быть «%s»; подходит: approve, correct, refuse, document, invite, draw или число", EN: "--outcome cannot be %q; use approve, correct, refuse, document, invite, draw or a number"}.With(s))
	}
	return &v, nil
}

// address is what "serve" prints.
type address struct {
	URL  string `json:"url"`
	Addr string `json:"addr"`
}
