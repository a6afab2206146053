package batch

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/bank"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/directroad"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/progress"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// directOptions are those of the road by DirectBank.
type directOptions struct {
	bank   string
	orders int
	asks   bank.Flags
}

func (o *directOptions) flags(f *factory.Factory, cmd *cobra.Command, tr func(ru, en string) string) {
	o.asks = bank.NewFlags(f)
	fl := cmd.Flags()
	fl.StringVar(&o.bank, "bank", "", tr("`имя` банка (для directbank; epgu bank list)", "`name` of the bank (for directbank; epgu bank list)"))
	fl.IntVar(&o.orders, "packet-orders", directroad.DefaultOrders, tr("поручений в одном пакете, не больше (directbank)", "most orders in one packet (directbank)"))
	o.asks.Add(cmd, true)
}

// check refuses a bank without its road, and the road without a bank.
func (o *directOptions) check(via journal.Via) error {
	switch {
	case via == journal.ViaDirectBank && o.bank == "":
		return fault.New(exitcode.Usage, "bank.not_named", i18n.Say("через какой банк платить? нужен --bank ИМЯ", "which bank pays? --bank NAME is needed")).AdviseRun("epgu bank list")
	case via != journal.ViaDirectBank && o.bank != "":
		return fault.New(exitcode.Usage, "bank.no_road", i18n.Say("--bank нужен только с --via directbank", "--bank goes with --via directbank only"))
	case o.orders < 1 || o.orders > directroad.MaxOrders:
		return flagValue("packet-orders", strconv.Itoa(o.orders), "1, 1000")
	}
	return nil
}

func (o *directOptions) run(ctx context.Context, f *factory.Factory, x *workflow.Execution, machine bool) error {
	desk, err := o.asks.Desk(ctx, o.bank)
	if err != nil {
		return err
	}
	bar := progress.Start(f.IO, i18n.Text{RU: "Отправляю в банк", EN: "Sending to the bank"}, progress.Options{Total: int64(x.Plan.Totals.Pay.N), Clock: f.Clock})
	defer bar.Stop()
	r, ended, err := x.ByDirectBank(ctx, workflow.Direct{Bank: desk, Orders: o.orders, Sent: func(p directroad.Packet) { bar.Add(int64(p.Orders)) }})
	bar.Stop()
	if len(r.Packets) > 0 || machine {
		out := new(output.Options)
		if machine {
			out = output.ForJSON()
		}
		if bad := output.List(f.IO, out, packetView(), r.Packets, output.Page{}); bad != nil {
			return errors.Join(err, bad)
		}
	}
	if err != nil {
		return err
	}
	return ended
}

func packetView() output.View[directroad.Packet] {
	type packet = directroad.Packet
	return output.View[packet]{Fields: []output.Field[packet]{
		{Name: "packet", Title: i18n.Text{RU: "Пакет", EN: "Packet"}, Value: func(x packet) any { return x.ID }},
		{Name: "bankId", Title: i18n.Text{RU: "Номер у банка", EN: "The bank's id"}, Value: func(x packet) any { return untrusted.Text(x.BankID) }},
		{Name: "orders", Title: i18n.Text{RU: "Поручений", EN: "Orders"}, Value: func(x packet) any { return x.Orders }},
		{Name: "first", Title: i18n.Text{RU: "Номера с", EN: "Numbers from"}, Value: func(x packet) any { return x.First }},
		{Name: "last", Title: i18n.Text{RU: "по", EN: "to"}, Value: func(x packet) any { return x.Last }},
		{Name: "amountKopecks", Title: i18n.Text{RU: "Сумма", EN: "Amount"}, Value: func(x packet) any { return i18n.Money(x.Kopecks) }},
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(x packet) any {
			return output.Dual{Machine: string(x.State), Human: packetState(x.State)}
		}},
	}, Default: []string{"packet", "orders", "first", "last", "amountKopecks", "state"}}
}

func packetState(s journal.State) i18n.Text {
	switch s {
	case journal.Accepted:
		return i18n.Text{RU: "получен банком", EN: "received by the bank"}
	case journal.Unknown:
		return i18n.Text{RU: "ответа нет", EN: "no answer"}
	}
	return i18n.Text{RU: "не принят", EN: "not taken"}
}
