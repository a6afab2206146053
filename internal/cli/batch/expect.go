package batch

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/core/registers"
)

// expectFlags are the control totals that a register must come to.
type expectFlags struct {
	count   int
	counted bool // --expect-count was given: zero rows are a total, too
	sum     string
	kbk     []string
}

func (e *expectFlags) flags(cmd *cobra.Command, tr func(ru, en string) string) {
	fl := cmd.Flags()
	fl.IntVar(&e.count, "expect-count", 0, tr("строк должно быть ровно столько", "there must be exactly this many rows"))
	fl.StringVar(&e.sum, "expect-sum", "", tr("сумма должна быть такой, в `рублях`", "the sum must be this, in `rubles`"))
	fl.StringArrayVar(&e.kbk, "expect-kbk", nil, tr("сумма по КБК: `КБК=рубли`; можно повторять", "the sum of a КБК: `КБК=rubles`; may be repeated"))
}

func (e *expectFlags) read() (registers.Expectations, error) {
	var out registers.Expectations
	if e.counted {
		out.Count = &e.count
	}
	if e.sum != "" {
		sum, err := registers.ParseSum(e.sum)
		if err != nil {
			return out, err
		}
		out.Sum = &sum
	}
	for _, s := range e.kbk {
		k, err := registers.ParseKBKTotal(s)
		if err != nil {
			return out, err
		}
		out.KBK = append(out.KBK, k)
	}
	return out, nil
}
