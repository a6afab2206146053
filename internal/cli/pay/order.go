package pay

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/bank"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

type orderOptions struct {
	f       *factory.Factory
	out     output.Options
	manual  manual
	payer   bankfiles.Payer
	uins    []string
	file    string
	number  string
	charset string
	again   string
	yes     bool
	via     string
	through string // the bank
	asks    bank.Flags
}

func newOrder(f *factory.Factory) *cobra.Command {
	o := &orderOptions{f: f, asks: bank.NewFlags(f)}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "order [УИН…]", EN: "order [УИН…]"}.In(f.Lang),
		Short: i18n.Text{RU: "Платёжное поручение файлом для банка (1CClientBankExchange)", EN: "A payment order as a file for a bank (1CClientBankExchange)"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Пишет платёжные поручения по УИН или по реквизитам. Такой файл загружает клиент любого банка.\nПлатёж попадает в журнал как отданный банку: второй раз, порталом или файлом, он не уйдёт. Оплаченным его делает только выписка: epgu pay import.",
			EN: "Writes payment orders by УИН or by requisites. Any bank's client loads such a file.\nThe payment is journalled as handed to the bank: it will not go a second time, by portal or by file. Only a bank statement makes it paid: epgu pay import."}.In(f.Lang),
		Example: "  epgu pay order 18810177170325189254 -o order.txt --payer-name 'ООО «Ромашка»' --payer-inn 7707083893 --payer-account 40702810900000000001 --payer-bik 044525225\n  epgu pay order 18810177170325189254 --via directbank --through romashka\n  epgu pay order show order.txt",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.uins = args
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&o.file, "output", "o", "", i18n.Text{RU: "`файл` для поручений", EN: "`file` for the orders"}.In(f.Lang))
	fl.StringVar(&o.payer.Name, "payer-name", "", i18n.Text{RU: "плательщик", EN: "the payer"}.In(f.Lang))
	fl.StringVar(&o.payer.INN, "payer-inn", "", i18n.Text{RU: "ИНН плательщика", EN: "the payer's ИНН"}.In(f.Lang))
	fl.StringVar(&o.payer.KPP, "payer-kpp", "", i18n.Text{RU: "КПП плательщика", EN: "the payer's КПП"}.In(f.Lang))
	fl.StringVar(&o.payer.Account, "payer-account", "", i18n.Text{RU: "счёт плательщика", EN: "the payer's account"}.In(f.Lang))
	fl.StringVar(&o.payer.BIK, "payer-bik", "", i18n.Text{RU: "БИК банка плательщика", EN: "БИК of the payer's bank"}.In(f.Lang))
	fl.StringVar(&o.payer.Bank, "payer-bank", "", i18n.Text{RU: "банк плательщика", EN: "the payer's bank"}.In(f.Lang))
	fl.StringVar(&o.payer.Corr, "payer-corr", "", i18n.Text{RU: "корреспондентский счёт банка плательщика", EN: "correspondent account of the payer's bank"}.In(f.Lang))
	fl.StringVar(&o.number, "number", "", i18n.Text{RU: "номер первого поручения; без него — следующий за последним", EN: "number of the first order; without it, the one after the last"}.In(f.Lang))
	fl.StringVar(&o.charset, "charset", "windows", i18n.Text{RU: "кодировка файла: windows, dos или utf-8", EN: "character set of the file: windows, dos or utf-8"}.In(f.Lang))
	fl.StringVar(&o.manual.amount, "amount", "", i18n.Text{RU: "сумма в рублях, если платёж по реквизитам", EN: "the amount in rubles, for a payment by requisites"}.In(f.Lang))
	fl.StringVar(&o.again, "again", "", i18n.Text{RU: "составить ещё раз уже отданное; `причина` останется в журнале", EN: "make again what was handed over already; the `reason` is kept in the journal"}.In(f.Lang))
	fl.BoolVarP(&o.yes, "yes", "y", false, i18n.Text{RU: "не спрашивать подтверждения", EN: "do not ask for confirmation"}.In(f.Lang))
	fl.StringVar(&o.via, "via", string(journal.ViaBankFile), i18n.Text{RU: "`дорога`: bank-file (файлом) или directbank (прямо в банк)", EN: "`road`: bank-file, or directbank (straight to the bank)"}.In(f.Lang))
	fl.StringVar(&o.through, "through", "", i18n.Text{RU: "`имя` банка для directbank (epgu bank list); плательщик — из его раздела; без него — единственный заведённый банк", EN: "`name` of the bank for directbank (epgu bank list), whose section names the payer; without it, the only bank there is"}.In(f.Lang))
	o.asks.Add(cmd, true)
	o.manual.addFlags(fl, f.Lang)
	output.AddFlags(cmd, &o.out, issuedView(), f.Lang)
	cmd.AddCommand(newOrderShow(f))
	return cmd
}

func issuedView() output.View[bankfiles.Issued] {
	return output.View[bankfiles.Issued]{Fields: []output.Field[bankfiles.Issued]{
		{Name: "number", Title: i18n.Text{RU: "Поручение", EN: "Order"}, Value: func(i bankfiles.Issued) any { return i.Number }},
		{Name: "id", Title: i18n.Text{RU: "Платёж", EN: "Payment"}, Value: func(i bankfiles.Issued) any { return i.Payment.ID }},
		{Name: "uin", Title: i18n.Text{RU: "УИН", EN: "УИН"}, Value: func(i bankfiles.Issued) any { return i.Payment.UIN }},
		{Name: "amountKopecks", Title: i18n.Text{RU: "Сумма", EN: "Amount"}, Value: func(i bankfiles.Issued) any { return i18n.Money(i.Payment.AmountKopecks) }},
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(i bankfiles.Issued) any {
			return output.Dual{Machine: string(i.Payment.State), Human: issuedState(&i.Payment)}
		}},
		{Name: "file", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(i bankfiles.Issued) any { return i.File }},
	}}
}

func issuedState(p *journal.Payment) i18n.Text {
	switch {
	case p.State == journal.Unknown:
		return billing.StateTitle(p.State)
	case p.Via == journal.ViaDirectBank:
		return i18n.Text{RU: "получен банком", EN: "received by the bank"}
	}
	return i18n.Text{RU: "отдан в файл для банка", EN: "in a file for the bank"}
}

func (o *orderOptions) run(ctx context.Context) error {
	switch journal.Via(o.via) {
	case journal.ViaDirectBank:
		return o.direct(ctx)
	case journal.ViaBankFile:
	default:
		return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--via не может быть «%s»; есть: bank-file, directbank", EN: "--via cannot be %q; there are: bank-file, directbank"}.With(o.via))
	}
	if o.through != "" {
		return fault.New(exitcode.Usage, "bank.no_road", i18n.Say("--through нужен только с --via directbank", "--through goes with --via directbank only"))
	}
	charset, err := o.check()
	if err != nil {
		return err
	}
	// What an earlier call has left comes first: the file may be its own.
	if err := o.finish(ctx); err != nil {
		return err
	}
	if _, err := os.Lstat(o.file); err == nil {
		return bankfiles.Exists(o.file)
	}
	engine, quotes, err := o.quotes(ctx)
	if err != nil {
		return err
	}
	var total int64
	for _, q := range quotes {
		total += q.AmountKopecks
	}
	ask := &payOptions{f: o.f, yes: o.yes}
	if err := ask.confirm(ctx, quotes, total); err != nil {
		return err
	}
	place, err := bankfiles.NewSheet(bankfiles.Disk{}, o.file, orderTag(engine.Profile))
	if err != nil {
		return err
	}
	defer place.Close()
	book, err := o.f.Journal(ctx)
	if err != nil {
		return err
	}
	issuer := &bankfiles.Issuer{Engine: engine, Book: book, Payer: o.payer, Charset: charset, Number: o.number}
	issued, err := issuer.Issue(ctx, quotes, filepath.Base(o.file), place)
	if err != nil {
		return err
	}
	for _, i := range issued {
		for _, n := range i.Notes {
			o.f.IO.Note(n.Told())
		}
	}
	o.f.IO.Note(i18n.Say("Платёж станет оплаченным, когда его подтвердит выписка банка: epgu pay import ВЫПИСКА",
		"The payment becomes paid when a bank statement proves it: epgu pay import STATEMENT"))
	return output.List(o.f.IO, &o.out, issuedView(), issued, output.Page{})
}

// direct sends the orders straight to a bank.
func (o *orderOptions) direct(ctx context.Context) error {
	if o.through == "" {
		s, err := o.f.Settings()
		if err != nil {
			return err
		}
		names := s.BankNames()
		if len(names) != 1 {
			return fault.New(exitcode.Usage, "bank.not_named", i18n.Say("через какой банк платить? нужен --through ИМЯ", "which bank pays? --through NAME is needed")).AdviseRun("epgu bank list")
		}
		o.through = names[0]
	}
	if len(o.uins) == 0 && !o.manual.given() {
		return fault.New(exitcode.Usage, "order.invalid", i18n.Say("нужен УИН или реквизиты получателя", "an УИН or the payee's requisites are needed"))
	}
	desk, err := o.asks.Desk(ctx, o.through)
	if err != nil {
		return err
	}
	o.payer = desk.Section.Payer
	engine, quotes, err := o.quotes(ctx)
	if err != nil {
		return err
	}
	var total int64
	for _, q := range quotes {
		total += q.AmountKopecks
	}
	if err := (&payOptions{f: o.f, yes: o.yes}).confirm(ctx, quotes, total); err != nil {
		return err
	}
	book, err := o.f.Journal(ctx)
	if err != nil {
		return err
	}
	issued, err := desk.Pay(ctx, engine, book, quotes)
	if len(issued) > 0 {
		o.f.IO.Note(i18n.Text{RU: "Платёж станет оплаченным, когда его подтвердит выписка банка: epgu pay import --bank %s", EN: "The payment becomes paid when the bank's statement proves it: epgu pay import --bank %s"}.With(o.through))
		err = errors.Join(err, output.List(o.f.IO, &o.out, issuedView(), issued, output.Page{}))
	}
	return err
}

// finish clears up after earlier commands that died on the way: an order that stands
// in a file is accepted, one whose file never appeared may be made again.
func (o *orderOptions) finish(ctx context.Context) error {
	j, err := o.f.Journal(ctx)
	if err != nil {
		return err
	}
	s, err := o.f.Settings()
	if err != nil {
		return err
	}
	profile := s.ProfileName()
	found, err := bankfiles.Resume(ctx, j, bankfiles.Disk{}, journal.Filter{Profile: profile}, filepath.Dir(o.file), orderTag(profile)+"-")
	if err == nil && found.Unknown > 0 {
		o.f.IO.Note(i18n.Text{RU: "Внимание: исход прежних поручений неизвестен: %d; их файлов нет там, где они должны лежать, и они могли уйти в банк (epgu pay import ВЫПИСКА)",
			EN: "Note: the outcome of earlier orders is unknown: %d; their files are not where they were to be, and they may have gone to the bank (epgu pay import STATEMENT)"}.With(found.Unknown))
	}
	return err
}

// orderTag begins the IDs of the sets of a profile's orders.
func orderTag(profile string) string {
	return "order-" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(profile))
}

// check reports everything that the flags lack at once.
func (o *orderOptions) check() (onec.Charset, error) {
	charset, known := onec.Windows, true
	switch o.charset {
	case "windows":
	case "dos":
		charset = onec.DOS
	case "utf-8":
		charset = onec.UTF8
	default:
		known = false
	}
	var fields []fault.Field
	need := func(flag, v string) {
		if v == "" {
			fields = append(fields, fault.Field{Name: "--" + flag, Message: i18n.Say("нужно указать", "is required")})
		}
	}
	if !known {
		fields = append(fields, fault.Field{Name: "--charset", Message: i18n.Say("windows, dos или utf-8", "windows, dos or utf-8")})
	}
	need("output", o.file)
	need("payer-name", o.payer.Name)
	for _, c := range []struct {
		flag  string
		kind  requisites.Kind
		value *string
		must  bool
	}{{"payer-inn", requisites.KindINN, &o.payer.INN, true}, {"payer-kpp", requisites.KindKPP, &o.payer.KPP, false},
		{"payer-bik", requisites.KindBIK, &o.payer.BIK, true}, {"payer-account", requisites.KindAccount, &o.payer.Account, true}} {
		if *c.value == "" {
			if c.must {
				need(c.flag, "")
			}
			continue
		}
		opts := requisites.Options{}
		if c.kind == requisites.KindAccount && requisites.ValidBIK(o.payer.BIK) {
			opts.BIK = o.payer.BIK
		}
		r := requisites.Check(c.kind, *c.value, opts)
		if r.Problem != nil {
			fields = append(fields, r.Problem.Field("--"+c.flag))
			continue
		}
		*c.value = r.Normalised
	}
	if len(o.uins) == 0 && !o.manual.given() {
		fields = append(fields, fault.Field{Name: "УИН", Message: i18n.Say("нужен УИН или реквизиты получателя", "an УИН or the payee's requisites are needed")})
	}
	if len(fields) == 0 {
		return charset, nil
	}
	e := fault.New(exitcode.Usage, "order.invalid", i18n.Say("поручение не составить: не всё указано верно", "the order cannot be made: not everything is given correctly"))
	e.Fields = fields
	return charset, e
}

// quotes looks every payment up in the journal and, for an УИН, at the portal.
func (o *orderOptions) quotes(ctx context.Context) (*billing.Engine, []*billing.Quote, error) {
	var override *journal.Override
	if o.again != "" {
		override = &journal.Override{Reason: o.again, Who: o.payer.Name}
	}
	if len(o.uins) == 0 {
		r, kopecks, err := o.manual.read(true)
		if err != nil {
			return nil, nil, err
		}
		engine, err := offline(ctx, o.f)
		if err != nil {
			return nil, nil, err
		}
		q, err := engine.QuoteRequisites(ctx, billing.ManualRequest{Requisites: r, AmountKopecks: kopecks, Kind: kind(r), Payer: o.payer.INN, Via: journal.Via(o.via), Override: override})
		return engine, []*billing.Quote{q}, err
	}
	list := &payOptions{f: o.f, uins: o.uins}
	uins, _, err := list.input()
	if err != nil {
		return nil, nil, err
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	engine, err := c.Billing(ctx)
	if err != nil {
		return nil, nil, err
	}
	quotes := make([]*billing.Quote, 0, len(uins))
	for _, uin := range uins {
		q, err := engine.Quote(ctx, billing.PayRequest{UIN: uin, Via: journal.Via(o.via), Override: override})
		if err != nil {
			return nil, nil, err
		}
		quotes = append(quotes, q)
	}
	return engine, quotes, nil
}

// offline is an engine that has a journal and no portal: enough for payments
// by requisites through a bank file.
func offline(ctx context.Context, f *factory.Factory) (*billing.Engine, error) {
	j, err := f.Journal(ctx)
	if err != nil {
		return nil, err
	}
	s, err := f.Settings()
	if err != nil {
		return nil, err
	}
	return &billing.Engine{Journal: j, Clock: f.Clock, Profile: s.ProfileName()}, nil
}

// shown is one document of a file as "order show" prints it.
type shown struct {
	onec.Order
	ordinal int
}

func newOrderShow(f *factory.Factory) *cobra.Command {
	var out output.Options
	clean := func(s string) untrusted.Text { return untrusted.Text(s) }
	view := output.View[shown]{Fields: []output.Field[shown]{
		{Name: "document", Title: i18n.Text{RU: "№ в файле", EN: "In file"}, Value: func(s shown) any { return s.ordinal }},
		{Name: "number", Title: i18n.Text{RU: "Номер", EN: "Number"}, Value: func(s shown) any { return clean(s.Number) }},
		{Name: "date", Title: i18n.Text{RU: "Дата", EN: "Date"}, Value: func(s shown) any { return output.Date(s.Date) }},
		{Name: "amountKopecks", Title: i18n.Text{RU: "Сумма", EN: "Amount"}, Value: func(s shown) any { return i18n.Money(s.Kopecks) }},
		{Name: "uin", Title: i18n.Text{RU: "УИН", EN: "УИН"}, Value: func(s shown) any { return clean(s.UIN) }},
		{Name: "payer", Title: i18n.Text{RU: "Плательщик", EN: "Payer"}, Value: func(s shown) any { return clean(s.Payer.Name) }, Wide: true},
		{Name: "payerAccount", Title: i18n.Text{RU: "Счёт плательщика", EN: "Payer's account"}, Value: func(s shown) any { return clean(string(s.Payer.Account)) }},
		{Name: "payee", Title: i18n.Text{RU: "Получатель", EN: "Payee"}, Value: func(s shown) any { return clean(s.Payee.Name) }, Wide: true},
		{Name: "payeeAccount", Title: i18n.Text{RU: "Счёт получателя", EN: "Payee's account"}, Value: func(s shown) any { return clean(string(s.Payee.Account)) }},
		{Name: "bik", Title: i18n.Text{RU: "БИК", EN: "БИК"}, Value: func(s shown) any { return clean(string(s.Payee.BIK)) }},
		{Name: "purpose", Title: i18n.Text{RU: "Назначение", EN: "Purpose"}, Value: func(s shown) any { return clean(s.Purpose) }, Wide: true},
		{Name: "kbk", Title: i18n.Text{RU: "КБК", EN: "КБК"}, Value: func(s shown) any { return budget(s, func(b *onec.Budget) string { return b.KBK }) }},
		{Name: "oktmo", Title: i18n.Text{RU: "ОКТМО", EN: "ОКТМО"}, Value: func(s shown) any { return budget(s, func(b *onec.Budget) string { return b.OKTMO }) }},
	}, Default: []string{"number", "date", "amountKopecks", "uin", "payee", "purpose"}}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "show ФАЙЛ|-", EN: "show FILE|-"}.In(f.Lang),
		Short: i18n.Text{RU: "Показать поручения из файла и всё, что в них не так", EN: "Show the orders in a file and everything wrong with them"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, done, err := input(f, args[0])
			if err != nil {
				return err
			}
			defer done()
			return showOrders(cmd.Context(), f, &out, view, in)
		},
	}
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}

func budget(s shown, get func(*onec.Budget) string) any {
	if s.Budget == nil {
		return nil
	}
	return untrusted.Text(get(s.Budget))
}

// faultsShown bounds the faults of a file that are kept for the end.
const faultsShown = 200

// showOrders streams the documents of a file; its faults come at the end.
func showOrders(ctx context.Context, f *factory.Factory, out *output.Options, view output.View[shown], in io.Reader) error {
	r := onec.NewReader(in)
	var fields, notes []fault.Field
	wrong := 0
	err := output.Stream(f.IO, out, view, func(yield func(shown, error) bool) {
		for ctx.Err() == nil {
			var d onec.Document
			err := r.Next(&d)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(shown{}, err)
				return
			}
			o, faults := d.Order()
			for _, x := range d.Doubts() {
				if len(notes) < faultsShown {
					notes = append(notes, x.AsField())
				}
			}
			wrong += len(faults)
			for _, x := range faults {
				if len(fields) < faultsShown {
					fields = append(fields, x.AsField())
				}
			}
			if !yield(shown{o, d.Ordinal}, nil) {
				return
			}
		}
		if ctx.Err() != nil {
			yield(shown{}, ctx.Err())
		}
	}, nil)
	if err != nil {
		return err
	}
	for _, x := range r.Faults() {
		if x.Note {
			notes = append(notes, x.AsField())
			continue
		}
		wrong++
		if len(fields) < faultsShown {
			fields = append(fields, x.AsField())
		}
	}
	for _, n := range notes {
		f.IO.Note(n.Told())
	}
	if wrong == 0 {
		return nil
	}
	e := fault.New(exitcode.Usage, "order.invalid", i18n.Text{RU: "в файле ошибок: %d", EN: "errors in the file: %d"}.With(wrong))
	e.Fields = fields
	return e
}

// input opens a file to read, or stdin for "-".
func input(f *factory.Factory, name string) (io.Reader, func(), error) {
	if name == "-" {
		return f.IO.In, func() {}, nil
	}
	file, err := os.Open(name)
	if err != nil {
		exit := exitcode.Usage
		if errors.Is(err, os.ErrNotExist) {
			exit = exitcode.NotFound
		}
		return nil, nil, fault.New(exit, "file.unreadable", i18n.Text{RU: "файл %s не открыть", EN: "the file %s cannot be opened"}.With(untrusted.Text(name))).Because(err)
	}
	return file, func() { _ = file.Close() }, nil
}
