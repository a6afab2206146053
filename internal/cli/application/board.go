package application

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// posted is an application on the board.
type posted struct {
	wire.Application
	column column
}

// column is a part of the board: the earlier ones want something of the person.
type column int

const (
	yours column = iota // waits for its owner
	result
	underway
	ended
)

func (c column) word() string { return [...]string{"yours", "result", "underway", "ended"}[c] }

func (c column) title() i18n.Text {
	switch c {
	case yours:
		return i18n.Text{RU: "ждёт вас", EN: "waits for you"}
	case result:
		return i18n.Text{RU: "результат готов", EN: "the result is ready"}
	case underway:
		return i18n.Text{RU: "в работе", EN: "under way"}
	}
	return i18n.Text{RU: "завершено", EN: "ended"}
}

// place says where on the board an application belongs.
func place(a wire.Application) posted {
	c := ended
	switch {
	case a.Correction != nil || a.Wanted != nil || len(a.UnpaidUINs) > 0 && !a.Final:
		c = yours
	case a.HasResult:
		c = result
	case !a.Final:
		c = underway
	}
	return posted{a, c}
}

// next is the command that moves an application on.
func (p posted) next() string {
	switch {
	case p.Correction != nil:
		return fmt.Sprintf("epgu application edit %d", p.OrderID)
	case p.Wanted != nil:
		return fmt.Sprintf("epgu application attach %d FILE", p.OrderID)
	case p.column == yours:
		return "epgu pay " + p.UnpaidUINs[0]
	case p.column == result:
		return fmt.Sprintf("epgu application download %d", p.OrderID)
	case p.column == underway:
		return fmt.Sprintf("epgu application watch %d", p.OrderID)
	}
	return ""
}

func boardView() output.View[posted] {
	return output.View[posted]{Fields: []output.Field[posted]{
		{Name: "column", Title: i18n.Text{RU: "Где", EN: "Where"}, Value: func(p posted) any { return output.Dual{Machine: p.column.word(), Human: p.column.title()} }},
		{Name: "orderId", Title: i18n.Text{RU: "Номер", EN: "Number"}, Value: func(p posted) any { return p.OrderID }},
		{Name: "service", Title: i18n.Text{RU: "Код услуги", EN: "Service code"}, Value: func(p posted) any { return p.Service }},
		{Name: "serviceTitle", Title: i18n.Text{RU: "Услуга", EN: "Service"}, Value: func(p posted) any { return p.ServiceTitle }, Wide: true},
		{Name: "status", Title: i18n.Text{RU: "Статус", EN: "Status"}, Value: func(p posted) any { return p.StatusTitle }, Wide: true},
		{Name: "expectedAt", Title: i18n.Text{RU: "Ждать до", EN: "Expected"}, Value: func(p posted) any {
			if p.ExpectedAt == nil {
				return nil
			}
			return *p.ExpectedAt
		}},
		{Name: "updatedAt", Title: i18n.Text{RU: "Изменено", EN: "Changed"}, Value: func(p posted) any { return moment(p.UpdatedAt) }},
		{Name: "next", Title: i18n.Text{RU: "Дальше", EN: "Next"}, Value: func(p posted) any { return p.next() }, Wide: true},
	}, Default: []string{"column", "orderId", "serviceTitle", "status", "next"}}
}

func newBoard(f *factory.Factory) *cobra.Command {
	n := narrowed{f: f}
	var ended time.Duration
	cmd := &cobra.Command{
		Use:   "board",
		Short: i18n.Text{RU: "Доска: что ждёт вас, что готово, что в работе", EN: "The board: what waits for you, what is ready, what is under way"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Все незавершённые заявления и те, что завершились недавно (--ended), по порядку: ждут вас, результат готов, в работе, завершены. У каждого — команда, которой двигать дальше.",
			EN: "All applications under way and those that ended lately (--ended), in this order: wait for you, result ready, under way, ended. Each with the command that moves it on."}.In(f.Lang),
		PreRunE: func(*cobra.Command, []string) error { return n.Check() },
	}
	n.flags(cmd)
	cmd.Flags().DurationVar(&ended, "ended", 30*24*time.Hour, i18n.Text{RU: "за какой срок показывать завершённые", EN: "how far back ended ones are shown"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[posted]{View: boardView(), Get: func(ctx context.Context, c *factory.Connection, _ int) ([]posted, output.Page, error) {
		all, _, err := n.get(ctx, c, 0)
		if err != nil {
			return nil, output.Page{}, err
		}
		now := f.Clock.Now()
		if !c.LacksCatalog(ctx) { // the calendar that counts is the portal's
			caps, err := c.Cabinet.Capabilities(ctx)
			if err != nil {
				return nil, output.Page{}, err
			}
			now = caps.Time
		}
		var out []posted
		for _, a := range all {
			if !a.Final || now.Sub(a.UpdatedAt) <= ended {
				out = append(out, place(a))
			}
		}
		slices.SortStableFunc(out, func(a, b posted) int { return int(a.column) - int(b.column) })
		return out, output.Page{Total: len(out)}, nil
	}})
}
