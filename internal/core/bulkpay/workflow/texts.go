package workflow

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planning"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// StatusTitle is what is to be done with a row, for people.
func StatusTitle(s planfile.Status) i18n.Text {
	switch s {
	case planfile.Pay:
		return i18n.Text{RU: "к оплате", EN: "to pay"}
	case planfile.Paid:
		return i18n.Text{RU: "уже оплачено", EN: "already paid"}
	case planfile.InFlight:
		return i18n.Text{RU: "уже отправлено", EN: "on its way"}
	case planfile.Duplicate:
		return i18n.Text{RU: "повтор", EN: "repeated"}
	case planfile.Changed:
		return i18n.Text{RU: "не как в начислении", EN: "differs from the charge"}
	case planfile.Annulled:
		return i18n.Text{RU: "аннулировано", EN: "annulled"}
	case planfile.Absent:
		return i18n.Text{RU: "начисления нет", EN: "no such charge"}
	case planfile.Ended:
		return i18n.Text{RU: "срок прошёл", EN: "term is over"}
	case planfile.Excluded:
		return i18n.Text{RU: "не берётся", EN: "left out"}
	}
	return i18n.Text{RU: "с ошибкой", EN: "at fault"}
}

// WarningTitle is a warning of planning, for people.
func WarningTitle(code string) i18n.Text {
	switch code {
	case planning.WarnDiscountEnds:
		return i18n.Text{RU: "скидка скоро кончится", EN: "the discount ends soon"}
	case planning.WarnDiscountLost:
		return i18n.Text{RU: "скидка кончилась", EN: "the discount is over"}
	case planning.WarnTermEnds:
		return i18n.Text{RU: "срок оплаты подходит", EN: "the term ends soon"}
	case planning.WarnTermOver:
		return i18n.Text{RU: "срок оплаты прошёл", EN: "the term is over"}
	case planning.WarnSingleTax:
		return i18n.Text{RU: "пошлина на КБК единого налогового платежа: деньги будут потеряны", EN: "a duty to the КБК of the single tax payment: the money will be lost"}
	case planning.WarnNotChecked:
		return i18n.Text{RU: "не сверено с порталом", EN: "not checked at the portal"}
	case planning.WarnRequisites:
		return i18n.Text{RU: "получатель, КБК или ОКТМО не те, что в начислении (epgu batch show)", EN: "the payee, КБК or ОКТМО are not those of the charge (epgu batch show)"}
	case planning.WarnLimit:
		return i18n.Text{RU: "больше предела одного платежа", EN: "above the limit of one payment"}
	}
	return i18n.Text{RU: code, EN: code}
}

// Warnings counts warnings in words.
func Warnings(w map[string]int) i18n.Text {
	var ru, en []string
	for _, code := range slices.Sorted(maps.Keys(w)) {
		t := WarningTitle(code)
		ru, en = append(ru, fmt.Sprintf("%s: %d", t.RU, w[code])), append(en, fmt.Sprintf("%s: %d", t.EN, w[code]))
	}
	return i18n.Text{RU: strings.Join(ru, "; "), EN: strings.Join(en, "; ")}
}

// mostGroups bounds the groups that people are shown; JSON has all.
const mostGroups = 10

// Groups lists groups on one line.
func Groups(list []planfile.Group) string {
	var out []string
	for i, g := range list {
		if i == mostGroups {
			out = append(out, "…")
			break
		}
		name := strings.TrimSpace(g.Name + " " + g.Key)
		out = append(out, fmt.Sprintf("%s: %d × %s", name, g.N, i18n.Rubles(i18n.RU, g.Kopecks)))
	}
	return strings.Join(out, "; ")
}

// GroupLines is Groups with a line for each.
func GroupLines(list []planfile.Group) []i18n.Message {
	var out []i18n.Message
	for i, g := range list {
		if i == mostGroups {
			rest := planfile.Sum{}
			for _, g := range list[i:] {
				rest.N, rest.Kopecks = rest.N+g.N, rest.Kopecks+g.Kopecks
			}
			out = append(out, i18n.Text{RU: "ещё %d: строк %d на %s", EN: "%d more: %d rows, %s"}.With(len(list)-i, rest.N, i18n.Money(rest.Kopecks)))
			break
		}
		name := strings.TrimSpace(g.Name + " " + g.Key)
		out = append(out, i18n.Text{RU: "%s: строк %d на %s", EN: "%s: %d rows, %s"}.With(untrusted.Clean(name), g.N, i18n.Money(g.Kopecks)))
	}
	return out
}

// Lasting is a time in whole units that people use, rounded up.
func Lasting(seconds int64) i18n.Message {
	switch {
	case seconds < 60:
		return i18n.Text{RU: "меньше минуты", EN: "less than a minute"}.With()
	case seconds < 3600:
		return i18n.Text{RU: "около %d мин", EN: "about %d min"}.With((seconds + 59) / 60)
	}
	minutes := (seconds + 59) / 60
	return i18n.Text{RU: "около %d ч %d мин", EN: "about %d h %d min"}.With(minutes/60, minutes%60)
}
