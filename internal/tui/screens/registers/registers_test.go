package registers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/month"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planning"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
	"github.com/epgu-cli/epgu/internal/core/registers"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/register"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// fake is an office with two plans and a register with an error.
type fake struct {
	bad      int // rows with errors
	made     []Making
	signed   []string // certificate and PIN of each signature
	approved bool
	runs     []Running
	steps    chan Step // what a run tells; closed at its end
	stopped  chan struct{}
	ended    error
	runErr   error
	unknown  bool
	byBank   bool // the unknown payment
	decided  []Decision
	asked    []string // statements
	reports  []string
	closed   []string
	secrets  []string // that banks were given
}

func demo() *fake { return &fake{bad: 1} }

func (f *fake) Plans(context.Context, []string) ([]Plan, error) {
	return []Plan{
		{Path: "/data/july.plan", Made: now.Add(-time.Hour), Rows: 5, Pay: planfile.Sum{N: 3, Kopecks: 381250}, Unbegun: 3},
		{Path: "/data/june.plan", ID: "01980000-0000-7000-8000-000000000006", Made: now.AddDate(0, -1, 0), Rows: 2, Pay: planfile.Sum{N: 2, Kopecks: 100000}, Approvals: 1, Paid: 1, Unknown: 1},
	}, nil
}

func (f *fake) Check(_ context.Context, path string) (*Checked, error) {
	if strings.Contains(path, "absent") {
		return nil, fault.New(exitcode.NotFound, "register.open", i18n.Say("файла нет", "there is no such file"))
	}
	out := &Checked{Summary: registers.Summary{Rows: 5, Bad: f.bad, Errors: f.bad, Warnings: 1, Totals: registers.Totals{Rows: 5, Kopecks: 481250}, Good: registers.Totals{Rows: 4, Kopecks: 381250}}}
	if f.bad > 0 {
		out.Findings = append(out.Findings, registers.Finding{File: path, Problem: register.Problem{Severity: register.Error, Code: "uin.check_digit", Line: 4, Row: 3, Column: 1, Heading: "УИН", Field: register.UIN, Number: 22,
			Message: i18n.Say("в УИН ошибка: контрольный разряд не сходится", "the УИН is wrong: its check digit does not fit"), Why: i18n.Say("казначейство не узнает начисление", "the treasury would not know the charge"),
			Hint: i18n.Say("сверьте номер с постановлением", "compare the number with the ruling"), Suggestion: "18810177170325189254"}})
	}
	out.Findings = append(out.Findings, registers.Finding{File: path, Problem: register.Problem{Severity: register.Warning, Code: "purpose.long", Line: 5, Row: 4, Column: 6, Heading: "Назначение", Message: i18n.Say("назначение длиннее 210 знаков", "the purpose is longer than 210 characters")}})
	return out, nil
}

func (f *fake) Make(_ context.Context, m Making, progress func(int)) ([]i18n.Localised, error) {
	f.made = append(f.made, m)
	progress(5)
	return []i18n.Localised{i18n.Say("Портал принимает 600 запросов в минуту", "The portal takes 600 requests a minute")}, nil
}

func (f *fake) Rows(_ context.Context, _ string, each func(*planfile.Row) error) error {
	payee := &planfile.Payee{Name: "УФК по г. Москве"}
	for _, r := range []planfile.Row{
		{N: 1, Line: 2, Status: planfile.Pay, UIN: "18810177170325189001", Asked: 50000, Kopecks: 50000},
		{N: 2, Line: 3, Status: planfile.Pay, UIN: "18810177170325189002", Kopecks: 31250, Warn: []string{planning.WarnDiscountEnds}},
		{N: 3, Line: 4, Status: planfile.Wrong, Why: "uin.check_digit", UIN: "18810177170325189003", Asked: 100000},
		{N: 4, Line: 5, Status: planfile.Changed, UIN: "18810177170325189004", Asked: 50000, Kopecks: 60000, Why: planfile.WhyRequisites, Differs: []planfile.Difference{{Field: planfile.FieldKBK, Register: "18811601123010001140", Charge: "18811601141010001140"}}},
		{N: 5, Line: 6, Status: planfile.Pay, Payee: payee, Asked: 300000, Kopecks: 300000},
	} {
		if err := each(&r); err != nil {
			return err
		}
	}
	return nil
}

func (f *fake) Stand(_ context.Context, plan string) (*Standing, error) {
	s := &Standing{Head: planfile.Header{ID: "01980000-0000-7000-8000-000000000001", CreatedAt: now.Add(-time.Hour), Maker: planfile.Person{Name: "Демина Анна"}}, SHA256: "6f1e…c0", Need: 1, Unbegun: 3}
	s.Totals.Rows, s.Totals.Pay = 5, planfile.Sum{N: 3, Kopecks: 381250}
	if f.approved {
		s.Has = 1
	} else {
		s.Refused = i18n.Say("подписей мало: 0 из 1", "too few signatures: 0 of 1")
	}
	if f.unknown {
		s.Unbegun, s.Counts = 0, journal.Counts{journal.Paid: {N: 2, AmountKopecks: 81250}, journal.Unknown: {N: 1, AmountKopecks: 300000}}
	}
	return s, nil
}

type fakeApproval struct {
	f   *fake
	key string
}

func (f *fake) Approve(context.Context, string) (Approval, error) { return &fakeApproval{f: f}, nil }

func (a *fakeApproval) Lines() []i18n.Localised {
	return []i18n.Localised{i18n.Say("План july.plan составил: Демина Анна", "Plan july.plan was made by Демина Анна"), i18n.Say("К оплате: 3 из 5 строк", "To pay: 3 of 5 rows")}
}
func (a *fakeApproval) Kopecks() int64 { return 381250 }
func (a *fakeApproval) By(_ context.Context, certificate, pin string) ([]i18n.Localised, error) {
	if pin != "1234" {
		return nil, fault.New(exitcode.Usage, "cert.pin", i18n.Say("PIN не подходит", "the PIN does not fit"))
	}
	a.key = certificate + "/" + pin
	return nil, nil
}
func (a *fakeApproval) Sign(context.Context) ([]i18n.Localised, error) {
	a.f.signed, a.f.approved = append(a.f.signed, a.key), true
	return []i18n.Localised{i18n.Say("Подписей достаточно", "There are enough signatures")}, nil
}
func (a *fakeApproval) Close() error { return nil }

func (f *fake) Certificates(context.Context) ([]kit.Key, error) {
	return []kit.Key{{Name: "boris", Subject: "Борисов Борис"}, {Name: "vera", Subject: "Верина Вера"}}, nil
}

func (f *fake) Banks(context.Context) ([]string, error) { return []string{"romashka"}, nil }

func (f *fake) Run(ctx context.Context, r Running, ask Asker, tell func(Step)) ([]i18n.Localised, error, error) {
	f.runs = append(f.runs, r)
	if r.Via == journal.ViaDirectBank {
		password, err := ask(ctx, i18n.Say("Пароль банка romashka", "Password of bank romashka"))
		if err != nil {
			return nil, nil, err
		}
		f.secrets = append(f.secrets, password)
	}
	if f.runErr != nil {
		err := f.runErr
		f.runErr = nil
		return nil, nil, err
	}
	for {
		select {
		case s, ok := <-f.steps:
			if !ok {
				return nil, f.ended, nil
			}
			tell(s)
		case <-ctx.Done():
			close(f.stopped)
			return nil, fault.New(exitcode.Interrupted, "batch.stopped", i18n.Say("прервано, осталось строк: 2", "interrupted, rows left: 2")), nil
		}
	}
}

func (f *fake) Reconcile(ctx context.Context, _, statement string, ask Asker) ([]reconcile.Finding, []i18n.Localised, error, error) {
	f.asked = append(f.asked, statement)
	if f.byBank {
		code, err := ask(ctx, i18n.Say("Одноразовый код банка", "The bank's one-time code"))
		if err != nil {
			return nil, nil, nil, err
		}
		f.secrets = append(f.secrets, code)
	}
	p := journal.Payment{ID: "01980000-0000-7000-8000-00000000000a", Row: 5, UIN: "18810177170325189005", AmountKopecks: 300000, State: journal.Unknown}
	found := []reconcile.Finding{{Payment: p, Says: []reconcile.Says{{Witness: journal.PortalByID, Rank: 1, What: "not-found"}, {Witness: journal.ChargeFlag, Rank: 3, What: "unpaid"}}}}
	return found, nil, fault.New(exitcode.Unknown, "batch.unknown", i18n.Say("исход всё ещё неизвестен: 1", "still unknown: 1")), nil
}

func (f *fake) Decide(_ context.Context, _ string, d Decision) error {
	f.decided = append(f.decided, d)
	return nil
}

func (f *fake) Report(_ context.Context, _, output string) (int, error) {
	f.reports = append(f.reports, output)
	return 5, nil
}

func (f *fake) Close(_ context.Context, c Closing, _ func(int)) (*month.Summary, string, error) {
	if c.Month == "2026-12" && !c.Early {
		return nil, "", fault.New(exitcode.Conflict, "month.not_over", i18n.Say("2026-12 ещё не кончился", "2026-12 is not over"))
	}
	f.closed = append(f.closed, c.Month+" "+c.Folder)
	return &month.Summary{Month: c.Month, Paid: planfile.Sum{N: 12, Kopecks: 1234500}, Files: make([]month.File, 9), Receipts: 12}, "ab12", nil
}

func start(t *testing.T, f *fake, lang i18n.Lang, cols, rows int) *drive.Driver {
	return drive.Start(t, drive.Simple(now, lang, Entries(f)...), cols, rows)
}

func open(t *testing.T, f *fake, id, arg string) *drive.Driver {
	return start(t, f, i18n.RU, 100, 30).Send(screen.GoMsg{ID: id, Arg: arg})
}

func TestEveryScreenOfARegisterInBothLanguages(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			name := fmt.Sprintf("%s.%dx%d", lang, size[0], size[1])
			d := start(t, demo(), lang, size[0], size[1]).Golden("list." + name)
			d.Send(screen.GoMsg{ID: CheckID, Arg: "/data/july.csv"}).Golden("check." + name)
			d.Press("enter").Golden("why." + name).Press("esc")
			d.Send(screen.GoMsg{ID: PlanID, Arg: "/data/july.plan"}).Golden("plan." + name)
			d.Press("d", "down", "down", "enter").Golden("row." + name).Press("esc")
			f := demo()
			f.unknown, f.approved = true, true
			d = start(t, f, lang, size[0], size[1]).Send(screen.GoMsg{ID: PlanID, Arg: "/data/june.plan"}).Golden("unknown." + name)
			d.Press("u").Golden("reconcile." + name)
			roads(t, lang, size, name)
		}
	}
}

// roads are the frames of paying a plan: by the portal, by files for a bank, straight to it.
func roads(t *testing.T, lang i18n.Lang, size [2]int, name string) {
	t.Helper()
	f := demo()
	open := func() *drive.Driver {
		return start(t, f, lang, size[0], size[1]).Send(screen.GoMsg{ID: PlanID, Arg: "/data/july.plan"})
	}
	open().Press("a").Golden("approve."+name).Pause().Press("y", "enter").Golden("signers." + name)
	f.approved, f.steps, f.stopped = true, make(chan Step), make(chan struct{})
	open().Press("b").Golden("road." + name).Pause().Press("1").Paste("testdata/roads/").Golden("payers." + name)
	d := open().Press("b").Pause().Press("2").Golden("bank." + name).Press("esc")
	d.Press("r").Golden("sum." + name).Type("3812,50").Allow(1).Press("enter")
	f.steps <- Step{Sending: true}
	f.steps <- Step{Sending: true, Answers: 2, Paid: 1, Unknown: 1}
	d.Awaits("2 / 3").Golden("running." + name)
	f.unknown = true
	f.ended = fault.New(exitcode.Unknown, "batch.unknown", i18n.Say("исход неизвестен, платежей: 1", "payments with an unknown outcome: 1"))
	close(f.steps)
	d.Allow(0).Settle().Golden("ended." + name)
}

func TestARegisterIsChosenInTheFolderCheckedAndMadeIntoAPlan(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "my july.csv")
	if err := os.WriteFile(path, []byte("УИН\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := demo()
	d := start(t, f, i18n.RU, 100, 30).Press("o").Sees("Реестр или план")
	d.Paste("'"+path+"'").Press("enter").Sees("контрольный разряд", "Строк с ошибками: 1")
	d.Press("p").Sees("Строк с ошибками: 1. Их можно оставить").Press("y", "enter").Sees("Куда записать план?", "my july.plan").Press("enter")
	d.Sees("План составлен", "600 запросов").Pause().Press("enter").Sees("К оплате: 3 из 5 строк")
	want := Making{Register: path, Output: filepath.Join(dir, "my july.plan"), SkipBad: true}
	if len(f.made) != 1 || f.made[0] != want {
		t.Errorf("made %+v, want %+v", f.made, want)
	}
}

func TestARegisterThatCannotBeReadSaysSo(t *testing.T) {
	open(t, demo(), CheckID, "/data/absent.csv").Sees("файла нет", "Не обновлено")
}

func TestAPlanIsApprovedByACertificateItsPINAndTheTypedSum(t *testing.T) {
	f := demo()
	d := open(t, f, PlanID, "/data/july.plan").Press("r").Sees("подписей мало: 0 из 1")
	d.Press("a").Sees("План july.plan составил").Pause().Press("enter") // nothing is chosen to begin with
	if len(f.signed) > 0 {
		t.Fatal("signed by Enter alone")
	}
	d.Press("a").Pause().Press("y", "enter").Sees("Чем подписать", "Верина Вера").Press("2").Sees("PIN к «vera»").Type("0000").Press("enter").Sees("PIN не подходит").Pause().Press("enter")
	d.Press("a").Pause().Press("y", "enter").Press("2").Type("1234").Press("enter").Sees("Одобряете оплату 3 812,50 ₽?").Pause().Type("3812").Press("enter").Sees("набрано 3 812,00 ₽")
	if len(f.signed) > 0 {
		t.Fatal("signed with another sum")
	}
	d.Press("ctrl+u").Type("3812,50").Press("enter").Sees("Подписей достаточно")
	if strings.Join(f.signed, ",") != "vera/1234" {
		t.Errorf("signed by %v", f.signed)
	}
	d.Pause().Press("enter").Sees("подписей: 1 из 1")
}

func TestARunBeginsOnlyAfterTheTypedSumShowsHowItGoesAndOutlivesItsScreen(t *testing.T) {
	f := demo()
	f.approved, f.steps, f.stopped = true, make(chan Step), make(chan struct{})
	d := open(t, f, PlanID, "/data/july.plan").Press("r").Sees("Осталось уплатить 3 812,50 ₽", "ровно один раз").Type("1").Press("enter").Sees("набрано 1,00 ₽")
	if len(f.runs) > 0 {
		t.Fatal("begun with another sum")
	}
	d.Press("ctrl+u").Type("3812,50").Allow(1).Press("enter").Sees("Проверяем план")
	f.steps <- Step{Sending: true}
	f.steps <- Step{Sending: true, Answers: 2, Paid: 1, Unknown: 1}
	d.Awaits("2 / 3").Sees("оплачен 1", "исход неизвестен 1")
	d.Press("esc").Sees("july.plan", "2 / 3") // the run goes on
	d.Press("q").Sees("Выйти?", "дважды ничего не уйдёт").Press("esc")
	f.unknown = true
	f.ended = fault.New(exitcode.Unknown, "batch.unknown", i18n.Say("исход неизвестен, платежей: 1", "payments with an unknown outcome: 1"))
	close(f.steps)
	d.Allow(0).Awaits("исход неизвестен, платежей: 1")
	d.Settle().Pause().Press("enter").Press("enter").Sees("исход неизвестен: 1")
}

func TestARunIsStoppedAndTheEndOfTheProgramWaitsForIt(t *testing.T) {
	f := demo()
	f.approved, f.steps, f.stopped = true, make(chan Step), make(chan struct{})
	d := open(t, f, PlanID, "/data/july.plan").Press("r").Type("3812,50").Allow(1).Press("enter")
	f.steps <- Step{Sending: true, Answers: 1, Paid: 1}
	d.Awaits("1 / 3").Press("s").Sees("Остановить выполнение").Press("enter")
	select {
	case <-f.stopped:
		t.Fatal("stopped by Enter alone")
	default:
	}
	d.Root().Close()
	select {
	case <-f.stopped:
	default:
		t.Fatal("the program has ended before its run")
	}
}

func TestRowsWhoseSumNoLongerHoldsAreLeftOutOnlyWhenOneSaysSo(t *testing.T) {
	f := demo()
	f.approved, f.steps = true, make(chan Step)
	close(f.steps)
	f.runErr = fault.New(exitcode.Conflict, workflow.CodeEnded, i18n.Say("у строк (1) сумма была верна лишь до прошедшего дня", "the sum of 1 rows held only until a day that has passed"))
	d := open(t, f, PlanID, "/data/july.plan").Press("r").Type("3812,50").Press("enter").Sees("Срок суммы прошёл")
	if len(f.runs) != 1 {
		t.Fatalf("runs %+v", f.runs)
	}
	d.Pause().Press("y", "enter").Sees("План выполнен")
	if len(f.runs) != 2 || !f.runs[1].LeaveEnded {
		t.Errorf("runs %+v", f.runs)
	}
}

func TestAPlanGoesToABankByFilesOnlyAfterTheTypedSum(t *testing.T) {
	f := demo()
	f.approved, f.steps = true, make(chan Step)
	close(f.steps)
	payers := filepath.Join(t.TempDir(), "accounts.json")
	if err := os.WriteFile(payers, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := open(t, f, PlanID, "/data/july.plan").Press("b").Sees("1 файлами для банк-клиента", "2 прямо в банк «romashka»").Pause().Press("1").Sees("Файл счетов плательщика")
	d.Paste(payers).Press("enter").Sees("В какую папку", "/data/july-bank").Press("enter").Sees("файлы для банк-клиента в папке /data/july-bank", "Наберите сумму").Type("1").Press("enter").Sees("набрано 1,00 ₽")
	if len(f.runs) > 0 {
		t.Fatal("begun with another sum")
	}
	d.Press("ctrl+u").Type("3812,50").Press("enter").Sees("оплаченными их сделает выписка").SeesNot("всё оплачено")
	want := Running{Plan: "/data/july.plan", Via: journal.ViaBankFile, Payers: payers, Folder: "/data/july-bank"}
	if len(f.runs) != 1 || f.runs[0] != want {
		t.Errorf("runs %+v", f.runs)
	}
}

func TestAPlanGoesStraightToABankThatAsksForItsPasswordOnTheScreen(t *testing.T) {
	f := demo()
	f.approved, f.steps = true, make(chan Step)
	f.ended = fault.New(exitcode.Pending, "batch.pending", i18n.Say("в банке, ещё не подтверждены выпиской: 3", "at the bank, not proven by a statement yet: 3"))
	d := open(t, f, PlanID, "/data/july.plan").Press("b").Pause().Press("2").Sees("прямо в банк «romashka»").Type("3812,50").Allow(1).Press("enter").Awaits("Пароль банка romashka")
	d.Pause().Type("секрет банка").SeesNot("секрет банка").Press("enter")
	f.steps <- Step{Sending: true, Answers: 2, Handed: 2}
	d.Awaits("передано в банк: 2")
	close(f.steps)
	d.Allow(0).Awaits("ещё не подтверждены выпиской: 3").SeesNot("Не получилось")
	d.Settle()
	if strings.Join(f.secrets, ",") != "секрет банка" || f.runs[0].Bank != "romashka" {
		t.Errorf("gave %q, ran %+v", f.secrets, f.runs)
	}
}

func TestWhatABankAsksAndNobodyAnswersSendsNothing(t *testing.T) {
	f := demo()
	f.approved = true
	d := open(t, f, PlanID, "/data/july.plan").Press("b").Pause().Press("2").Type("3812,50").Allow(1).Press("enter").Awaits("Пароль банка romashka")
	d.Allow(0).Pause().Press("esc").Awaits("не отвечено").Sees("ничего не отправлено")
	if len(f.secrets) > 0 {
		t.Errorf("gave %q", f.secrets)
	}
}

func TestABankIsAskedAboutUnknownPaymentsAndItsCodeIsTypedOnTheScreen(t *testing.T) {
	f := demo()
	f.unknown, f.byBank = true, true
	d := drive.StartAllowing(t, drive.Simple(now, i18n.RU, Entries(f)...), 100, 30, 0).Allow(2)
	d.Send(screen.GoMsg{ID: ReconcileID, Arg: "/data/june.plan"}).Awaits("Одноразовый код банка")
	d.Pause().Type("4711").Allow(0).Press("enter").Sees("исход всё ещё неизвестен: 1")
	if strings.Join(f.secrets, ",") != "4711" {
		t.Errorf("gave %q", f.secrets)
	}
}

func TestAPersonDecidesAboutAPaymentWithAReasonASignatureAndItsNumber(t *testing.T) {
	f := demo()
	f.unknown, f.approved = true, true
	d := open(t, f, ReconcileID, "/data/june.plan").Sees("исход всё ещё неизвестен: 1", "портал: не знает")
	d.Press("d").Sees("Что стало с платежом").Press("2").Type("звонок в банк").Press("enter").Press("1").Type("1234").Press("enter").Sees("Наберите его номер").Type("не тот").Press("enter").Sees("это не его номер")
	if len(f.decided) > 0 {
		t.Fatal("decided without the number")
	}
	d.Press("ctrl+u").Type("01980000-0000-7000-8000-00000000000a").Press("enter").Sees("Решение записано")
	want := Decision{Payment: "01980000-0000-7000-8000-00000000000a", To: journal.Refused, Why: "звонок в банк", Certificate: "boris", PIN: "1234"}
	if len(f.decided) != 1 || f.decided[0] != want {
		t.Errorf("decided %+v", f.decided)
	}
}

func TestAStatementIsDroppedOnTheUnknownPayments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kl to 1c.txt")
	if err := os.WriteFile(path, []byte("1CClientBankExchange"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := demo()
	open(t, f, ReconcileID, "/data/june.plan").Press("t").Paste(strings.ReplaceAll(path, " ", `\ `)).Press("enter").Sees("портал: не знает")
	if len(f.asked) != 2 || f.asked[1] != path {
		t.Errorf("asked with %q", f.asked)
	}
}

func TestAReportDoesNotReplaceAFileUnasked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out.csv")
	f := demo()
	d := open(t, f, PlanID, "/data/july.plan").Press("e").Press("ctrl+u").Type("/data/out.doc").Press("enter").Sees("не может быть").Press("ctrl+u").Paste(path).Press("enter").Sees("Записано: ")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d.Press("e").Press("ctrl+u").Paste(path).Press("enter").Sees("Заменить его отчётом?").Pause().Press("enter")
	if len(f.reports) != 1 {
		t.Errorf("reports %q", f.reports)
	}
}

func TestAMonthIsClosedIntoANewFolder(t *testing.T) {
	f := demo()
	start(t, f, i18n.RU, 100, 30).Press("m").Sees("2026-11").Press("ctrl+u").Type("ноябрь").Press("enter").Sees("ноябрь").Press("ctrl+u").Type("2026-10").Press("enter").Sees("новую папку").Press("enter").Sees("Месяц 2026-10 закрыт", "Оплачено платежей: 12", "ab12")
	if strings.Join(f.closed, ",") != "2026-10 2026-10" {
		t.Errorf("closed %q", f.closed)
	}
}

func TestAnUnknownPaymentOfARunLeadsToItsPlan(t *testing.T) {
	open(t, demo(), ID, "01980000-0000-7000-8000-000000000006").Sees("План june.plan")
	open(t, demo(), ID, "01980000-0000-7000-8000-00000000000f").Sees("Файла плана 01980000-0000-7000-8000-00000000000f здесь нет")
}

func TestThePaletteFindsAPlanByItsName(t *testing.T) {
	start(t, demo(), i18n.RU, 100, 30).Press("ctrl+k").Type("june").Press("enter").Sees("План june.plan")
}

func TestThePlanIsReadAndAnsweredLineByLine(t *testing.T) {
	s := newPlan(demo(), &office{})
	o := drive.Simple(now, i18n.RU, Entries(demo())...)
	if got := s.Spoken(o.Env); len(got.Lines) == 0 {
		t.Error("nothing is read before the plan is")
	}
}

func TestAMonthThatIsNotOverIsClosedOnlyWhenOneSaysSo(t *testing.T) {
	f := demo()
	d := start(t, f, i18n.RU, 100, 30).Press("m").Press("ctrl+u").Type("2026-12").Press("enter", "enter").Sees("2026-12 ещё не кончился", "Закрыть раньше").Pause().Press("enter")
	if len(f.closed) > 0 {
		t.Fatal("closed by Enter alone")
	}
	d.Press("m").Press("ctrl+u").Type("2026-12").Press("enter", "enter").Pause().Press("y", "enter").Sees("Месяц 2026-12 закрыт")
}
