package pay

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/bank"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/statement"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

func newImport(f *factory.Factory) *cobra.Command {
	var out output.Options
	var how bankfiles.How
	var all bool
	var name, from, to string
	var wait time.Duration
	asks := bank.NewFlags(f)
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "import [ВЫПИСКА|-]", EN: "import [STATEMENT|-]"}.In(f.Lang),
		Short: i18n.Text{RU: "Найти платежи журнала в банковской выписке", EN: "Find the journal's payments in a bank statement"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Читает выписку (1CClientBankExchange, DirectBank, CSV или XLSX; --bank получает её из банка) и ищет в ней платежи журнала: сначала по УИН, потом по номеру поручения, сумме, счёту получателя и дате вместе.\nНайденное однозначно становится оплаченным, если строка сама говорит, что рубли списаны: отказ, обработка, отмена и чужая валюта платежа не закрывают. В журнале остаётся документ банка; второй документ по тому же платежу назовут возможной двойной оплатой.\nДеньги, которые вернулись, показываются рядом с платежом: решите сами и подтвердите --returned ПЛАТЁЖ. Спорное не трогается: команда называет его и завершается с кодом 8; с кодом 7 — пока исход хоть одного платежа, отданного банку файлом, неизвестен.",
			EN: "Reads a statement (1CClientBankExchange, DirectBank, CSV or XLSX; --bank fetches it) and looks for the journal's payments in it: by УИН first, then by order number, amount, payee's account and date together.\nWhat is found beyond doubt becomes paid if the row says itself that rubles left: refused, pending, cancelled and foreign ones settle nothing. The journal keeps the bank's document; a second one for the same payment is named as a possible double payment.\nMoney that came back is shown beside its payment: decide, and confirm with --returned PAYMENT. Doubtful entries are not touched: the command names them and ends with code 8; with code 7 while the outcome of any payment that went by a bank file is unknown."}.In(f.Lang),
		Example: "  epgu pay import kl_to_1c.txt\n  epgu pay import --bank romashka\n  epgu pay import statement.csv --dry-run\n  epgu pay import kl_to_1c.txt --returned 0198c2f4-…",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			j, err := f.Journal(cmd.Context())
			if err != nil {
				return err
			}
			s, err := f.Settings()
			if err != nil {
				return err
			}
			rep, err := func() (*bankfiles.Report, error) {
				switch {
				case name != "" && len(args) > 0:
					return nil, fault.New(exitcode.Usage, "import.two_sources", i18n.Say("нужен или файл выписки, или --bank", "either a statement file or --bank is needed"))
				case name != "" && how.Dry:
					return nil, fault.New(exitcode.Usage, "import.dry_bank", i18n.Say("полученная из банка выписка сразу проводится: --dry-run с --bank не бывает", "a statement that was fetched is settled at once: there is no --dry-run with --bank")).
						Advise(i18n.Text{RU: "сохраните выписку: epgu bank statement %s -o файл.xml", EN: "keep the statement: epgu bank statement %s -o file.xml"}.With(name))
				case name != "":
					return fetched(cmd.Context(), &asks, name, from, to, how, wait)
				case len(args) == 0:
					return nil, fault.New(exitcode.Usage, "import.no_source", i18n.Say("нужен файл выписки или --bank ИМЯ", "a statement file or --bank NAME is needed"))
				}
				return imported(cmd.Context(), f, j, s.ProfileName(), args[0], how)
			}()
			if err != nil {
				return err
			}
			rows := rep.Found
			if !all {
				rows = nil
				for _, r := range rep.Found {
					if r.Notable() {
						rows = append(rows, r)
					}
				}
			}
			for _, n := range rep.Notes {
				f.IO.Note(n.Told())
			}
			f.IO.Note(i18n.Text{RU: "Записей: %d; проведено платежей: %d, уже были проведены: %d, записано возвратов: %d, решать человеку: %d", EN: "Entries: %d; payments settled: %d, settled before: %d, returns recorded: %d, for a person to decide: %d"}.
				With(len(rep.Found), rep.Settled, rep.Already, rep.Returned, rep.Doubts))
			// A reader that has left changes nothing about what is still unknown.
			told := output.List(f.IO, &out, foundView(), rows, output.Page{})
			return errors.Join(told, doubts(rep), unknown(cmd.Context(), j, s.ProfileName()))
		},
	}
	cmd.Flags().StringSliceVar(&how.Returned, "returned", nil, i18n.Text{RU: "подтвердить: деньги этого `платежа` вернулись, возврат есть в выписке", EN: "confirm: the money of this `payment` came back, its return is in the statement"}.In(f.Lang))
	cmd.Flags().StringVar(&name, "bank", "", i18n.Text{RU: "получить выписку из `банка` по DirectBank", EN: "fetch the statement from a `bank` by DirectBank"}.In(f.Lang))
	bank.Days(cmd, f, &from, &to)
	cmd.Flags().DurationVar(&wait, "wait", time.Minute, i18n.Text{RU: "сколько ждать выписку из банка", EN: "how long to wait for the bank's statement"}.In(f.Lang))
	asks.Add(cmd, true)
	cmd.Flags().BoolVar(&how.Dry, "dry-run", false, i18n.Text{RU: "только показать, журнал не менять", EN: "only show, leave the journal alone"}.In(f.Lang))
	cmd.Flags().BoolVar(&all, "all", false, i18n.Text{RU: "показать и поступления, и неисполненное", EN: "show incoming money and unexecuted orders too"}.In(f.Lang))
	output.AddFlags(cmd, &out, foundView(), f.Lang)
	return cmd
}

// imported reads a statement file, or standard input.
func imported(ctx context.Context, f *factory.Factory, j journal.Journal, profile, path string, how bankfiles.How) (*bankfiles.Report, error) {
	in, done, err := input(f, path)
	if err != nil {
		return nil, err
	}
	defer done()
	rep, err := bankfiles.Import(ctx, j, profile, filepath.Base(path), in, how)
	if err != nil {
		return nil, withFaults(err, rep)
	}
	return rep, nil
}

// fetched asks a bank for a final statement and imports it.
func fetched(ctx context.Context, asks *bank.Flags, name, from, to string, how bankfiles.How, wait time.Duration) (*bankfiles.Report, error) {
	c, err := asks.Talk(ctx, name, how, wait)
	if err != nil {
		return nil, err
	}
	t, _, err := c.Statement(ctx, wire.StatementFinal, from, to)
	if err != nil {
		return nil, err
	}
	return t.Report, nil
}

// withFaults adds what was wrong with single entries to the error that ended
// the reading.
func withFaults(err error, rep *bankfiles.Report) error {
	if rep == nil || len(rep.Faults) == 0 {
		return err
	}
	e := fault.New(fault.ExitOf(err), "statement.unreadable", i18n.Say("выписка прочитана не до конца, в журнале ничего не изменено", "the statement was not read to its end, the journal was left alone")).Because(err)
	e.Fields = rep.Faults
	return e
}

// unknown is the error of a journal that has payments by bank files of which nobody
// knows whether they left: statements are what tells of them.
func unknown(ctx context.Context, j journal.Journal, profile string) error {
	n := 0
	for p, err := range j.List(ctx, journal.Filter{Profile: profile, Via: journal.ViaDirectBank, States: []journal.State{journal.Unknown}, N: 1}) {
		if err != nil {
			return err
		}
		return fault.New(exitcode.Unknown, billing.CodeUnknown, i18n.Text{
			RU: "исход всё ещё неизвестен: платёж %s, отправленный в банк; деньги могли уйти", EN: "still unknown: payment %s, which was sent to a bank; the money may have left"}.With(p.ID)).
			Advise(i18n.Text{RU: "спросите банк: epgu bank status %s", EN: "ask the bank: epgu bank status %s"}.With(untrusted.Text(billing.CarriedOf(&p).Bank)))
	}
	for _, err := range j.List(ctx, journal.Filter{Profile: profile, Via: journal.ViaBankFile, States: []journal.State{journal.Unknown}}) {
		if err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		return nil
	}
	return fault.New(exitcode.Unknown, billing.CodeUnknown, i18n.Text{
		RU: "исход всё ещё неизвестен: %s файлом в банк; деньги могли уйти", EN: "still unknown: %s by a bank file; the money may have left"}.
		With(i18n.Plural{One: "платёж", Few: "платежа", Many: "платежей", Sing: "payment", Plur: "payments"}.Count(n))).
		Advise(i18n.Say("загрузите выписку за день поручения и следующие дни; если файл на другой машине, повторите там команду, которая его писала",
			"import the statement of the order's day and of the days after it; if the file is on another machine, repeat there the command that wrote it"))
}

// doubts is the error of a statement that leaves something for a person.
func doubts(rep *bankfiles.Report) error {
	if rep.Doubts == 0 && len(rep.Faults) == 0 {
		return nil
	}
	e := fault.New(exitcode.Partial, "statement.doubts", i18n.Text{
		RU: "не всё в выписке удалось сопоставить: спорных записей %d, непрочитанных %d", EN: "not everything in the statement was matched: %d doubtful entries, %d unreadable"}.
		With(rep.Doubts, len(rep.Faults)))
	e.Fields = rep.Faults
	for _, r := range rep.Found {
		if r.Outcome == statement.Returned && !r.Back && !r.Already && len(r.Candidates) > 0 {
			return e.Advise(i18n.Text{RU: "деньги вернулись и это верно? Запишите: --returned %s", EN: "the money did come back? Record it: --returned %s"}.With(r.Candidates[0]))
		}
	}
	return e
}

func foundView() output.View[bankfiles.Found] {
	return output.View[bankfiles.Found]{Fields: []output.Field[bankfiles.Found]{
		{Name: "line", Title: i18n.Text{RU: "Строка", EN: "Line"}, Value: func(r bankfiles.Found) any { return r.Entry.Line }},
		{Name: "date", Title: i18n.Text{RU: "Дата", EN: "Date"}, Value: func(r bankfiles.Found) any { return output.Date(r.Entry.Date) }},
		{Name: "number", Title: i18n.Text{RU: "Номер", EN: "Number"}, Value: func(r bankfiles.Found) any { return untrusted.Text(r.Entry.Number) }},
		{Name: "amountKopecks", Title: i18n.Text{RU: "Сумма", EN: "Amount"}, Value: func(r bankfiles.Found) any { return i18n.Money(r.Entry.Kopecks) }},
		{Name: "uin", Title: i18n.Text{RU: "УИН", EN: "УИН"}, Value: func(r bankfiles.Found) any { return r.Entry.UIN }},
		{Name: "currency", Title: i18n.Text{RU: "Валюта", EN: "Currency"}, Value: func(r bankfiles.Found) any { return untrusted.Text(r.Entry.Currency) }},
		{Name: "status", Title: i18n.Text{RU: "Статус банка", EN: "Bank's status"}, Value: func(r bankfiles.Found) any { return untrusted.Text(r.Entry.StatusText) }},
		{Name: "payee", Title: i18n.Text{RU: "Получатель", EN: "Payee"}, Value: func(r bankfiles.Found) any { return untrusted.Text(r.Entry.PayeeName) }, Wide: true},
		{Name: "outcome", Title: i18n.Text{RU: "Итог", EN: "Outcome"}, Value: func(r bankfiles.Found) any {
			return output.Dual{Machine: string(r.Outcome), Human: r.Title()}
		}},
		{Name: "payment", Title: i18n.Text{RU: "Платёж", EN: "Payment"}, Value: func(r bankfiles.Found) any { return r.Payment }},
		{Name: "evidence", Title: i18n.Text{RU: "Что совпало", EN: "What is the same"}, Value: func(r bankfiles.Found) any {
			list := make([]output.Dual, len(r.Evidence))
			for i, e := range r.Evidence {
				list[i] = output.Dual{Machine: string(e), Human: e.Title()}
			}
			return list
		}},
		{Name: "settled", Title: i18n.Text{RU: "Проведён сейчас", EN: "Settled now"}, Value: func(r bankfiles.Found) any { return r.Settled }},
		{Name: "returned", Title: i18n.Text{RU: "Возврат записан сейчас", EN: "Return recorded now"}, Value: func(r bankfiles.Found) any { return r.Back }},
		{Name: "candidates", Title: i18n.Text{RU: "Подходят", EN: "Candidates"}, Value: func(r bankfiles.Found) any { return r.Candidates }},
		{Name: "reason", Title: i18n.Text{RU: "Почему", EN: "Why"}, Value: func(r bankfiles.Found) any { return r.Reason }, Wide: true},
	}, Default: []string{"line", "date", "amountKopecks", "outcome", "payment", "reason"}}
}
