package billing

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Where taxes go changes by law: the file names its source and its date.
var (
	//go:embed data/taxes.tsv
	taxFile string

	taxes = sync.OnceValue(func() TaxList { return readTaxes(taxFile) })
)

// TaxList is what a person may pay by "pay tax".
type TaxList struct {
	Source string
	AsOf   string // YYYY-MM-DD
	Payee  cabinet.Payee
	Kinds  []Tax
}

// Tax is one kind of tax.
type Tax struct {
	Kind                      string
	KBK, OKTMO, Status, Basis string
	Title                     i18n.Text
}

// Taxes lists the taxes that are known here.
func Taxes() TaxList {
	l := taxes()
	l.Kinds = slices.Clone(l.Kinds)
	return l
}

func readTaxes(file string) TaxList {
	var l TaxList
	for line := range strings.Lines(file) {
		line = strings.TrimRight(line, "\r\n")
		if v, ok := strings.CutPrefix(line, "# Source: "); ok {
			l.Source = v
		}
		if v, ok := strings.CutPrefix(line, "# As of: "); ok {
			l.AsOf = v
		}
		f := strings.Split(line, "\t")
		switch {
		case strings.HasPrefix(line, "#"):
		case len(f) == 8 && f[0] == "@payee":
			l.Payee = cabinet.Payee{Name: untrusted.Text(f[1]), INN: f[2], KPP: f[3], Account: f[4], BankName: untrusted.Text(f[5]), BIK: f[6], CorrAccount: f[7]}
		case len(f) == 7:
			l.Kinds = append(l.Kinds, Tax{f[0], f[1], f[2], f[3], f[4], i18n.Text{RU: f[5], EN: f[6]}})
		}
	}
	return l
}

// TaxRequisites returns the requisites of a tax for a period ("ГД.00.2025"),
// which field 107 carries unless the tax goes by the single tax payment, where
// it stands in the purpose alone.
func TaxRequisites(kind, period string) (cabinet.Requisites, error) {
	l := taxes()
	at := slices.IndexFunc(l.Kinds, func(t Tax) bool { return t.Kind == kind })
	if at < 0 {
		names := make([]string, len(l.Kinds))
		for i, t := range l.Kinds {
			names[i] = t.Kind
		}
		return cabinet.Requisites{}, fault.New(exitcode.Usage, "tax.kind", i18n.Text{RU: "налога «%s» здесь нет; есть: %s", EN: "there is no tax %q here; there are: %s"}.
			With(kind, strings.Join(names, ", ")))
	}
	t := l.Kinds[at]
	r := cabinet.Requisites{Payee: l.Payee, Purpose: t.Title.RU, Status: t.Status, Basis: t.Basis, Period: period}
	r.Payee.KBK, r.Payee.OKTMO = t.KBK, t.OKTMO
	if period != "" {
		r.Purpose += " за период " + period
	}
	return r, nil
}
