package workflow

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/bankroad"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/directroad"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
)

// BankFiles says how the orders of a plan are put into files.
type BankFiles struct {
	Payers     []bankfiles.Payer
	Dir        string // a folder; it appears with its files
	MaxOrders  int    // in one file
	MaxKopecks int64  // in one file; 0 does not bound
	Charset    onec.Charset
	// OtherAccounts lets the rest of a plan be drawn on other accounts than before.
	OtherAccounts bool
}

// ByBankFiles writes orders for a bank's client. Nothing is paid by that: a statement
// of the bank is the proof. ended is what it came to, err why it could not be done.
func (x *Execution) ByBankFiles(ctx context.Context, o BankFiles) (r *bankroad.Result, ended, err error) {
	j, err := x.desk.Journal(ctx)
	if err != nil {
		return nil, nil, err
	}
	road := &bankroad.Road{Journal: j, Plan: x.Plan, Clock: x.desk.Clock, Dir: o.Dir, Payers: o.Payers, MaxOrders: o.MaxOrders, MaxKopecks: o.MaxKopecks, Charset: o.Charset, OtherAccounts: o.OtherAccounts,
		Budget: x.Options.MaxKopecks, Until: x.Options.Until, Want: x.Options.Want}
	// The folder itself appears with its files.
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(o.Dir)), 0o700); err != nil {
		return nil, nil, fault.New(exitcode.Usage, "bankroad.folder", i18n.Text{RU: "папку %s не создать", EN: "folder %s cannot be made"}.With(o.Dir)).Because(err)
	}
	if r, err = road.Write(ctx); err != nil {
		return nil, nil, err
	}
	return r, x.written(r), nil
}

// written says how a run by bank files ended.
func (x *Execution) written(r *bankroad.Result) error {
	if n := r.Finished; n.Accepted+n.Planned > 0 {
		x.desk.Note(i18n.Text{RU: "Прерванный запуск: поручений в файлах найдено %d, без файла %d — они составлены заново", EN: "A run that was broken off: orders found in files %d, without a file %d, which are made again"}.
			With(n.Accepted, n.Planned))
	}
	if n := r.Counts[journal.Unknown].N; n > 0 {
		return fault.New(exitcode.Unknown, bulkpay.CodeUnknown, i18n.Text{
			RU: "исход неизвестен, платежей: %d; их файлов нет там, где они должны лежать, и они могли уйти в банк", EN: "payments with an unknown outcome: %d; their files are not where they were to be, and they may have gone to the bank"}.With(n)).
			Advise(i18n.Say("загрузите выписку: epgu batch reconcile ПЛАН --statement ВЫПИСКА; если файлы на другой машине, повторите команду там; если их не было в банке: epgu batch reconcile ПЛАН --decide ПЛАТЁЖ --as planned",
				"import a statement: epgu batch reconcile PLAN --statement STATEMENT; if the files are on another machine, repeat the command there; if the bank never had them: epgu batch reconcile PLAN --decide PAYMENT --as planned"))
	}
	if n := r.Counts[journal.Sending].N + r.Counts[journal.Claimed].N; n > 0 {
		return fault.New(exitcode.Pending, bulkpay.CodePending, i18n.Text{
			RU: "поручения по %d платежам составляет другой процесс", EN: "another process is making the orders of %d payments"}.With(n)).
			Advise(i18n.Say("повторите ту же команду позже", "repeat the same command later"))
	}
	if r.Left > 0 {
		return fault.New(exitcode.Partial, bulkpay.CodeStopped, i18n.Text{
			RU: "остановлено по заданному пределу, осталось строк: %d", EN: "stopped at the given limit, rows left: %d"}.With(r.Left)).
			Advise(i18n.Say("повторите ту же команду: она запишет остальное", "repeat the same command: it writes the rest"))
	}
	if r.Skipped+r.Waiting > 0 {
		return fault.New(exitcode.Partial, "bankroad.partly", i18n.Text{
			RU: "не попало в файлы: %d уже оплачивается иначе, %d не в свой день", EN: "left out of the files: %d are being paid otherwise, %d not on their day"}.With(r.Skipped, r.Waiting))
	}
	if len(r.Files) == 0 {
		x.desk.Note(i18n.Say("Новых файлов нет: всё, что можно было отправить, уже в прежних", "No new files: whatever could be sent is in earlier ones"))
		return nil
	}
	x.desk.Note(i18n.Say("Загрузите файлы в банк-клиент; потом: epgu batch reconcile ПЛАН --statement ВЫПИСКА", "Load the files into the bank's client; then: epgu batch reconcile PLAN --statement STATEMENT"))
	return nil
}

// ReadPayers reads the accounts that orders are drawn on.
func ReadPayers(path string) ([]bankfiles.Payer, error) {
	sample := i18n.Say("образец: epgu batch template --format payers -o accounts.json", "a sample: epgu batch template --format payers -o accounts.json")
	if path == "" {
		return nil, fault.New(exitcode.Usage, "bankroad.no_payer", i18n.Say("с какого счёта платить? нужен --payers ФАЙЛ", "which account pays? --payers FILE is needed")).Advise(sample)
	}
	data, err := readSmall(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(exitcode.NotFound, "bankroad.payers_absent", i18n.Text{RU: "файла счетов плательщика %s нет", EN: "there is no file %s of the payer's accounts"}.With(path)).Advise(sample)
	case err != nil:
		return nil, fault.New(exitcode.Usage, bankfiles.CodePayers, i18n.Text{RU: "файл %s не прочитать", EN: "file %s cannot be read"}.With(path)).Because(err)
	}
	return bankfiles.ParsePayers(data)
}

// Direct says which bank a plan is sent to by DirectBank.
type Direct struct {
	Bank   *directbank.Desk
	Orders int // most in one packet
	// Sent is told of every packet; it may be nil.
	Sent func(p directroad.Packet)
}

// ByDirectBank sends orders to a bank. Nothing is paid by that: a statement of the
// bank is the proof. What was sent is in r even when err is not nil; ended is what it
// came to.
func (x *Execution) ByDirectBank(ctx context.Context, o Direct) (r *directroad.Result, ended, err error) {
	j, err := x.desk.Journal(ctx)
	if err != nil {
		return &directroad.Result{}, nil, err
	}
	s := o.Bank.Section
	road := &directroad.Road{Journal: j, Plan: x.Plan, Clock: x.desk.Clock, Bank: o.Bank, Name: s.Name, Payer: s.Payer, MaxOrders: o.Orders,
		Budget: x.Options.MaxKopecks, Until: x.Options.Until, Want: x.Options.Want, Sent: o.Sent}
	if r, err = road.Send(ctx); err != nil {
		return r, nil, err
	}
	return r, handed(r), nil
}

// handed says how a run by DirectBank ended.
func handed(r *directroad.Result) error {
	if n := r.Counts[journal.Unknown].N; n > 0 {
		return fault.New(exitcode.Unknown, "batch.unknown", i18n.Text{RU: "исход неизвестен: %d", EN: "unknown outcomes: %d"}.With(n)).
			Advise(i18n.Say("не платите их снова; банк спросит epgu batch reconcile ПЛАН", "do not pay them again; epgu batch reconcile PLAN asks the bank"))
	}
	if n := r.Counts[journal.Sending].N + r.Counts[journal.Claimed].N; n > 0 {
		return fault.New(exitcode.Pending, bulkpay.CodePending, i18n.Text{RU: "другой процесс отправляет платежи: %d", EN: "another process is sending payments: %d"}.With(n)).
			Advise(i18n.Say("повторите ту же команду позже", "repeat the same command later"))
	}
	if r.Left > 0 {
		return fault.New(exitcode.Partial, bulkpay.CodeStopped, i18n.Text{RU: "остановлено по заданному пределу, осталось строк: %d", EN: "stopped at the given limit, rows left: %d"}.With(r.Left)).
			Advise(i18n.Say("повторите ту же команду: она отправит остальное", "repeat the same command: it sends the rest"))
	}
	if n := r.Counts[journal.Refused].N; n+r.Skipped+r.Waiting > 0 {
		return fault.New(exitcode.Partial, "bankroad.partly", i18n.Text{RU: "не отправлено: %d уже оплачивается иначе, %d не в свой день, %d отклонено", EN: "not sent: %d are being paid otherwise, %d not on their day, %d refused"}.With(r.Skipped, r.Waiting, n))
	}
	if n := r.Counts[journal.Accepted].N; n > 0 {
		return fault.New(exitcode.Pending, bulkpay.CodePending, i18n.Text{RU: "в банке, ещё не подтверждены выпиской: %d", EN: "at the bank, not proven by a statement yet: %d"}.With(n)).
			Advise(i18n.Say("оплаченными их сделает выписка: epgu batch reconcile ПЛАН", "a statement makes them paid: epgu batch reconcile PLAN"))
	}
	return nil
}
