package bank

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// defaultWait is how long a command waits for a bank's answer.
const defaultWait = time.Minute

func waitFlag(cmd *cobra.Command, f *factory.Factory, wait *time.Duration) {
	cmd.Flags().DurationVar(wait, "wait", defaultWait, i18n.Text{RU: "сколько ждать ответа банка", EN: "how long to wait for the bank's answer"}.In(f.Lang))
}

// Open lists the payments of a bank that are not final.
func Open(ctx context.Context, f *factory.Factory, name string) ([]journal.Payment, error) {
	j, err := f.Journal(ctx)
	if err != nil {
		return nil, err
	}
	var out []journal.Payment
	for _, state := range []journal.State{journal.Unknown, journal.Accepted, journal.Sending} {
		for p, err := range j.List(ctx, journal.Filter{Via: journal.ViaDirectBank, States: []journal.State{state}}) {
			if err != nil {
				return nil, err
			}
			if billing.CarriedOf(&p).Bank == name {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

func newProbe(f *factory.Factory) *cobra.Command {
	flags := NewFlags(f)
	var wait time.Duration
	var repeat, ask bool
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "probe ИМЯ", EN: "probe NAME"}.In(f.Lang),
		Short: i18n.Text{RU: "Проверить связь с банком до того, как пойдут деньги", EN: "Try the connection before any money moves"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Входит, отправляет проверочный документ (вид 05) и ждёт извещения о нём. Денег это не касается.\n--repeat отправляет один пакет дважды: узнаёт ли банк повтор, запишется в раздел банка.",
			EN: "Signs in, sends a probe (kind 05) and waits for the notice about it. No money is concerned.\n--repeat sends one packet twice: whether the bank knows a repetition is written into its section."}.In(f.Lang),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			flags.askPassword = ask
			if ask { // a session would hide whether the new password is right
				if err := keep(ctx, f, map[string]string{sessionKey(args[0]): ""}); err != nil {
					return err
				}
			}
			c, err := flags.Talk(ctx, args[0], bankfiles.How{}, wait)
			if err != nil {
				return err
			}
			if err := c.Desk.Client.SignIn(ctx); err != nil {
				return err
			}
			if flags.password != "" {
				if err := keep(ctx, f, map[string]string{passwordKey(args[0]): flags.password}); err != nil {
					return err
				}
			}
			if repeat {
				return tryRepeat(ctx, f, c, args[0])
			}
			id, err := c.Desk.Probe(ctx)
			if err != nil {
				return err
			}
			c.Await(id)
			done, err := c.Until(ctx, func() bool { return c.Answered(id) })
			if err != nil {
				return err
			}
			if !done {
				return c.NotAnswered()
			}
			t := c.Answer(id)
			if t.Word != directbank.Accepted && t.Word != directbank.Executed {
				return fault.New(exitcode.Refused, "bank.probe", i18n.Text{RU: "банк ответил на проверку отказом: %s %s", EN: "the bank refused the probe: %s %s"}.With(untrusted.Text(t.Code), t.Words))
			}
			f.IO.Note(i18n.Text{RU: "Банк %s отвечает: вход, отправка и приём работают", EN: "Bank %s answers: signing in, sending and fetching work"}.With(args[0]))
			return output.List(f.IO, &out, toldView(), []directbank.Told{*t}, output.Page{})
		},
	}
	cmd.Flags().BoolVar(&repeat, "repeat", false, i18n.Text{RU: "узнать, узнаёт ли банк повтор того же пакета", EN: "find out whether the bank knows a repetition of the same packet"}.In(f.Lang))
	cmd.Flags().BoolVar(&ask, "ask-password", false, i18n.Text{RU: "спросить пароль заново", EN: "ask for the password anew"}.In(f.Lang))
	waitFlag(cmd, f, &wait)
	flags.Add(cmd, true)
	output.AddFlags(cmd, &out, toldView(), f.Lang)
	return cmd
}

func tryRepeat(ctx context.Context, f *factory.Factory, c *Conversation, name string) error {
	keeps, err := c.Desk.ProbeTwice(ctx)
	if err != nil {
		return err
	}
	s, err := f.Settings()
	if err != nil {
		return err
	}
	members, _ := s.Bank(name)
	members["keeps_repeats"] = "no"
	note := i18n.Text{RU: "Банк %s принял тот же пакет второй раз: повтор там ничего не доказывает (keeps_repeats = no)", EN: "Bank %s took the same packet again: a repetition proves nothing there (keeps_repeats = no)"}
	if keeps {
		members["keeps_repeats"] = "yes"
		note = i18n.Text{RU: "Банк %s узнал повтор пакета сразу (keeps_repeats = yes)", EN: "Bank %s knew the repeated packet at once (keeps_repeats = yes)"}
	}
	f.IO.Note(note.With(name))
	return s.SetBank(name, members, func(path string, data []byte) error { return atomicfile.Write(path, data, 0o600) })
}

func newStatement(f *factory.Factory) *cobra.Command {
	flags := NewFlags(f)
	var wait time.Duration
	var from, to, kind, file string
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "statement ИМЯ", EN: "statement NAME"}.In(f.Lang),
		Short: i18n.Text{RU: "Получить выписку банка и провести по ней платежи", EN: "Fetch a statement of the bank and settle payments by it"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Запрашивает выписку по счёту и ждёт её. Окончательная (final) выписка проводит платежи журнала, как epgu pay import; промежуточная и справка об остатке ничего не доказывают. -o сохраняет её как есть.",
			EN: "Asks for a statement of the account and waits for it. A final one settles the journal's payments as epgu pay import does; an intermediate one and a balance prove nothing. -o keeps it as it is."}.In(f.Lang),
		Example: "  epgu bank statement alfa --from 2026-07-01 --to 2026-07-31 -o july.xml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			code, ok := map[string]string{"final": wire.StatementFinal, "today": wire.StatementIntermediate, "balance": wire.StatementBalance}[kind]
			if !ok {
				return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--type не может быть «%s»; есть: final, today, balance", EN: "--type cannot be %q; there are: final, today, balance"}.With(kind))
			}
			c, err := flags.Talk(cmd.Context(), args[0], bankfiles.How{}, wait)
			if err != nil {
				return err
			}
			t, raw, err := c.Statement(cmd.Context(), code, from, to)
			if err != nil {
				return err
			}
			if file != "" {
				if err := atomicfile.Write(file, raw, 0o600); err != nil {
					return fault.New(exitcode.Usage, "file.unwritable", i18n.Text{RU: "файл %s не записать", EN: "the file %s cannot be written"}.With(untrusted.Text(file))).Because(err)
				}
			}
			c.NoteReport(t.Report)
			return output.List(f.IO, &out, foundView(), t.Report.Found, output.Page{})
		},
	}
	Days(cmd, f, &from, &to)
	cmd.Flags().StringVar(&kind, "type", "final", i18n.Text{RU: "final (окончательная), today (за текущий день), balance (остаток)", EN: "final, today (intermediate), balance"}.In(f.Lang))
	cmd.Flags().StringVarP(&file, "output", "o", "", i18n.Text{RU: "сохранить выписку в `файл`", EN: "keep the statement in a `file`"}.In(f.Lang))
	waitFlag(cmd, f, &wait)
	flags.Add(cmd, true)
	output.AddFlags(cmd, &out, foundView(), f.Lang)
	return cmd
}

// Days adds --from and --to.
func Days(cmd *cobra.Command, f *factory.Factory, from, to *string) {
	cmd.Flags().StringVar(from, "from", "", i18n.Text{RU: "первый `день` выписки, 2026-07-01; без него — день самого раннего незавершённого платежа", EN: "first `day` of the statement, 2026-07-01; without it, that of the earliest payment that is not final"}.In(f.Lang))
	cmd.Flags().StringVar(to, "to", "", i18n.Text{RU: "последний `день`; без него — сегодня по часам банка", EN: "last `day`; without it, today by the bank's clock"}.In(f.Lang))
}

// Statement asks for a statement and waits for it. Days that are not given are those
// in which a payment that is not final may have been executed.
func (c *Conversation) Statement(ctx context.Context, kind, from, to string) (*directbank.Told, []byte, error) {
	if to == "" {
		// What the bank has to say by now tells its day, too.
		if _, err := c.Desk.Fetch(ctx, c.Ear.Take); err != nil {
			return nil, nil, err
		}
		var err error
		if to, err = c.Desk.Today(); err != nil {
			return nil, nil, err
		}
	}
	if from == "" {
		from = to
		open, err := Open(ctx, c.F, c.Desk.Section.Name)
		if err != nil {
			return nil, nil, err
		}
		for i := range open {
			if day := billing.CarriedOf(&open[i]).Day; day != "" && day < from {
				from = day
			}
		}
	}
	for _, d := range []struct{ flag, day string }{{"from", from}, {"to", to}} {
		if _, err := time.Parse(time.DateOnly, d.day); err != nil {
			return nil, nil, fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--%s: «%s» — не день, нужно 2026-07-31", EN: "--%s: %q is no day such as 2026-07-31"}.With(d.flag, d.day))
		}
	}
	id, err := c.Desk.AskStatement(ctx, kind, from, to)
	if err != nil {
		return nil, nil, err
	}
	c.Await(id)
	var raw []byte
	done := func() bool {
		t := c.Answer(id)
		return t != nil && (t.Word == directbank.Stated || t.Word == directbank.Refused || t.Word == directbank.Failed || t.Word == directbank.Unreadable)
	}
	c.Ear.Statement = func(in *directbank.Incoming) {
		if in.Answers == id {
			raw = in.Raw
		}
	}
	ok, err := c.Until(ctx, done)
	if err != nil {
		return nil, nil, err
	}
	if !ok {
		return nil, nil, c.NotAnswered()
	}
	t := c.Answer(id)
	switch {
	case t.Err != nil:
		return nil, nil, t.Err
	case t.Word != directbank.Stated:
		return nil, nil, fault.New(exitcode.Refused, "bank.statement", i18n.Text{RU: "банк не дал выписку: %s %s", EN: "the bank gave no statement: %s %s"}.With(untrusted.Text(t.Code), t.Words)).
			Advise(i18n.Say("возьмите другие дни (--from, --to) или повторите завтра", "take other days (--from, --to), or repeat tomorrow"))
	}
	return t, raw, nil
}

// NoteReport tells what a statement did to payments.
func (c *Conversation) NoteReport(r *bankfiles.Report) {
	c.F.IO.Note(i18n.Text{RU: "Записей: %d; проведено платежей: %d, уже были проведены: %d, решать человеку: %d", EN: "Entries: %d; payments settled: %d, settled before: %d, for a person to decide: %d"}.
		With(len(r.Found), r.Settled, r.Already, r.Doubts))
	for _, n := range slices.Concat(r.Faults, r.Notes) {
		c.F.IO.Note(i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(untrusted.Text(n.Name), n.Message))
	}
}

func foundView() output.View[bankfiles.Found] {
	type found = bankfiles.Found
	return output.View[found]{Fields: []output.Field[found]{
		{Name: "date", Title: i18n.Text{RU: "Дата", EN: "Date"}, Value: func(r found) any { return output.Date(r.Entry.Date) }},
		{Name: "number", Title: i18n.Text{RU: "Номер", EN: "Number"}, Value: func(r found) any { return untrusted.Text(r.Entry.Number) }},
		{Name: "amountKopecks", Title: i18n.Text{RU: "Сумма", EN: "Amount"}, Value: func(r found) any { return i18n.Money(r.Entry.Kopecks) }},
		{Name: "direction", Title: i18n.Text{RU: "Куда", EN: "Direction"}, Value: func(r found) any {
			return output.Dual{Machine: r.Entry.Direction.String(), Human: r.Entry.Direction.Title()}
		}},
		{Name: "uin", Title: i18n.Text{RU: "УИН", EN: "УИН"}, Value: func(r found) any { return r.Entry.UIN }},
		{Name: "payee", Title: i18n.Text{RU: "Получатель", EN: "Payee"}, Value: func(r found) any { return untrusted.Text(r.Entry.PayeeName) }, Wide: true},
		{Name: "payment", Title: i18n.Text{RU: "Платёж", EN: "Payment"}, Value: func(r found) any { return r.Payment }},
		{Name: "outcome", Title: i18n.Text{RU: "Итог", EN: "Outcome"}, Value: func(r found) any { return output.Dual{Machine: string(r.Outcome), Human: r.Title()} }},
		{Name: "settled", Title: i18n.Text{RU: "Проведён сейчас", EN: "Settled now"}, Value: func(r found) any { return r.Settled }},
	}, Default: []string{"date", "number", "amountKopecks", "direction", "payment", "outcome"}}
}

func newStatus(f *factory.Factory) *cobra.Command {
	flags := NewFlags(f)
	var wait time.Duration
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "status ИМЯ [ПЛАТЁЖ…]", EN: "status NAME [PAYMENT…]"}.In(f.Lang),
		Short: i18n.Text{RU: "Спросить банк, что с поручениями", EN: "Ask the bank what became of orders"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Забирает извещения банка и спрашивает о каждом платеже, чей исход неизвестен, или о названных. Слова банка и что с ними делать — в таблице. Оплаченным платёж делает только выписка.",
			EN: "Fetches the bank's notices and asks about each payment whose outcome is unknown, or about those that are named. The bank's words and what to do about them are in the table. Only a statement makes a payment paid."}.In(f.Lang),
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, err := flags.Talk(ctx, args[0], bankfiles.How{}, wait)
			if err != nil {
				return err
			}
			unknown := 0
			if err := output.Stream(f.IO, &out, toldView(), func(yield func(directbank.Told, error) bool) {
				c.Each = func(t *directbank.Told) error {
					if !yield(*t, nil) {
						return errStopped
					}
					return nil
				}
				var err error
				if unknown, err = c.AskStatus(ctx, args[1:]); err != nil && !errors.Is(err, errStopped) {
					yield(directbank.Told{}, err)
				}
			}, nil); err != nil {
				return err
			}
			if unknown > 0 {
				return fault.New(exitcode.Unknown, "batch.unknown", i18n.Text{RU: "исход всё ещё неизвестен: %d", EN: "still unknown: %d"}.With(unknown)).
					Advise(i18n.Text{RU: "получите выписку: epgu pay import --bank %s", EN: "fetch a statement: epgu pay import --bank %s"}.With(args[0]))
			}
			return nil
		},
	}
	waitFlag(cmd, f, &wait)
	flags.Add(cmd, true)
	output.AddFlags(cmd, &out, toldView(), f.Lang)
	return cmd
}

// errStopped ends a conversation whose listener has gone.
var errStopped = errors.New("nobody listens any more")

// mostAsked is how many documents are asked about at once.
const mostAsked = 100

// AskStatus fetches what the bank has to say and asks about the payments that are
// named, else about those of this bank whose outcome is unknown. It returns how many
// are unknown still.
func (c *Conversation) AskStatus(ctx context.Context, named []string) (unknown int, err error) {
	if _, err := c.Desk.Fetch(ctx, c.Ear.Take); err != nil {
		return 0, err
	}
	name := c.Desk.Section.Name
	ids := named
	if len(ids) == 0 {
		open, err := Open(ctx, c.F, name)
		if err != nil {
			return 0, err
		}
		for _, p := range open {
			if p.State == journal.Unknown && len(ids) < mostAsked {
				ids = append(ids, p.ID)
			}
		}
	}
	var asked []string
	for _, id := range ids {
		if len(named) == 0 {
			if ok, err := c.Ear.Again(ctx, c.Desk, id); err != nil {
				return 0, err
			} else if ok {
				continue
			}
		}
		q, err := c.Desk.AskStatus(ctx, id)
		if err != nil {
			return 0, err
		}
		c.Await(q)
		asked = append(asked, q)
	}
	if _, err := c.Until(ctx, func() bool { return !slices.ContainsFunc(asked, func(q string) bool { return !c.Answered(q) }) }); err != nil {
		return 0, err
	}
	open, err := Open(ctx, c.F, name)
	for _, p := range open {
		if p.State == journal.Unknown {
			unknown++
		}
	}
	return unknown, err
}

func newRecall(f *factory.Factory) *cobra.Command {
	flags := NewFlags(f)
	var wait time.Duration
	var reason string
	var yes bool
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "recall ИМЯ ПЛАТЁЖ", EN: "recall NAME PAYMENT"}.In(f.Lang),
		Short: i18n.Text{RU: "Попросить банк не исполнять поручение", EN: "Ask the bank not to execute an order"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Отправляет запрос на отзыв (вид 04). Отозвано поручение или нет, говорит извещение банка: исполненное не отзывается.",
			EN: "Sends a recall (kind 04). Whether the order is recalled says the bank's notice: an executed one is not."}.In(f.Lang),
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			p, err := sentBy(ctx, f, args[0], args[1])
			if err != nil {
				return err
			}
			if !yes {
				if err := prompt.New(f.IO).TypedConfirm(ctx, prompt.Typed{Label: i18n.Text{RU: "Отозвать поручение на %s? Наберите номер платежа", EN: "Recall the order of %s? Type the payment's ID"}.With(i18n.Money(p.AmountKopecks)), Expected: p.ID, Flag: "--yes"}); err != nil {
					return err
				}
			}
			c, err := flags.Talk(ctx, args[0], bankfiles.How{}, wait)
			if err != nil {
				return err
			}
			id, err := c.Desk.Recall(ctx, p.ID, reason)
			if err != nil {
				return err
			}
			c.Await(id)
			done, err := c.Until(ctx, func() bool { return c.Answered(id) })
			if err != nil {
				return err
			}
			if !done {
				return c.NotAnswered()
			}
			t := c.Answer(id)
			if err := output.List(f.IO, &out, toldView(), []directbank.Told{*t}, output.Page{}); err != nil {
				return err
			}
			if t.Word != directbank.Annulled {
				return fault.New(exitcode.Refused, "bank.not_recalled", i18n.Text{RU: "банк не отозвал поручение: %s %s", EN: "the bank did not recall the order: %s %s"}.With(untrusted.Text(t.Code), t.Words))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", i18n.Text{RU: "`причина` для банка", EN: "`reason` for the bank"}.In(f.Lang))
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "не спрашивать", EN: "do not ask"}.In(f.Lang))
	waitFlag(cmd, f, &wait)
	flags.Add(cmd, true)
	output.AddFlags(cmd, &out, toldView(), f.Lang)
	return cmd
}

// wordTitle names a word for people.
func wordTitle(w directbank.Word) i18n.Text {
	switch w {
	case directbank.Arrived:
		return i18n.Text{RU: "получено", EN: "received"}
	case directbank.Accepted:
		return i18n.Text{RU: "принято", EN: "accepted"}
	case directbank.Executed:
		return i18n.Text{RU: "исполнено, ждёт выписки", EN: "executed, the statement will prove it"}
	case directbank.Refused:
		return i18n.Text{RU: "отклонено", EN: "refused"}
	case directbank.Suspended:
		return i18n.Text{RU: "приостановлено", EN: "suspended"}
	case directbank.Annulled:
		return i18n.Text{RU: "отозвано", EN: "recalled"}
	case directbank.Unconfirmed:
		return i18n.Text{RU: "ждёт подтверждения в банке", EN: "waits for a confirmation at the bank"}
	case directbank.Unfamiliar:
		return i18n.Text{RU: "банк пока не знает", EN: "the bank does not know it yet"}
	case directbank.AnotherLike:
		return i18n.Text{RU: "есть другой документ с этим номером", EN: "there is another document of this number"}
	case directbank.NotRecalled:
		return i18n.Text{RU: "запрос о нём не выполнен", EN: "a request about it was not carried out"}
	case directbank.NeverLeft:
		return i18n.Text{RU: "не уходило", EN: "it never left"}
	case directbank.Contradiction:
		return i18n.Text{RU: "противоречие", EN: "contradiction"}
	case directbank.Stated:
		return i18n.Text{RU: "выписка", EN: "statement"}
	case directbank.Wrote:
		return i18n.Text{RU: "письмо", EN: "letter"}
	case directbank.Unreadable:
		return i18n.Text{RU: "не читается", EN: "unreadable"}
	case directbank.Failed:
		return i18n.Text{RU: "ошибка банка", EN: "the bank's error"}
	}
	return i18n.Text{RU: "другое", EN: "other"}
}

func toldView() output.View[directbank.Told] {
	type told = directbank.Told
	return output.View[told]{Fields: []output.Field[told]{
		{Name: "document", Title: i18n.Text{RU: "Документ", EN: "Document"}, Value: func(t told) any { return untrusted.Text(t.Document) }},
		{Name: "kind", Title: i18n.Text{RU: "Вид", EN: "Kind"}, Value: func(t told) any { return untrusted.Text(t.Kind) }},
		{Name: "word", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(t told) any {
			return output.Dual{Machine: string(t.Word), Human: wordTitle(t.Word)}
		}},
		{Name: "code", Title: i18n.Text{RU: "Код", EN: "Code"}, Value: func(t told) any { return untrusted.Text(t.Code) }},
		{Name: "words", Title: i18n.Text{RU: "Слова банка", EN: "The bank's words"}, Value: func(t told) any { return t.Words }, Wide: true},
		{Name: "payment", Title: i18n.Text{RU: "Платёж", EN: "Payment"}, Value: func(t told) any {
			if t.Payment == nil {
				return nil
			}
			return output.Dual{Machine: string(t.Payment.State), Human: billing.StateTitle(t.Payment.State)}
		}},
		{Name: "next", Title: i18n.Text{RU: "Что делать", EN: "What to do"}, Value: func(t told) any {
			if t.Next.IsZero() {
				return nil
			}
			return t.Next
		}, Wide: true},
	}, Default: []string{"document", "word", "code", "words", "payment", "next"}}
}
