package service

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

func detailsView() output.View[cabinet.ServiceDetails] {
	v := output.View[cabinet.ServiceDetails]{}
	for _, fd := range listView().Fields {
		v.Fields = append(v.Fields, output.Field[cabinet.ServiceDetails]{Name: fd.Name, Title: fd.Title, Wide: fd.Wide,
			Value: func(s cabinet.ServiceDetails) any { return fd.Value(s.Service) }})
	}
	v.Fields = append(v.Fields,
		output.Field[cabinet.ServiceDetails]{Name: "targetCode", Title: i18n.Text{RU: "Код цели", EN: "Target code"}, Value: func(s cabinet.ServiceDetails) any { return s.TargetCode }},
		output.Field[cabinet.ServiceDetails]{Name: "signature", Title: i18n.Text{RU: "Подпись", EN: "Signature"}, Value: func(s cabinet.ServiceDetails) any { return signature(s.Signature) }},
		output.Field[cabinet.ServiceDetails]{Name: "steps", Title: i18n.Text{RU: "Шаги", EN: "Steps"}, Value: func(s cabinet.ServiceDetails) any { return s.Steps }, Lines: true},
		output.Field[cabinet.ServiceDetails]{Name: "documents", Title: i18n.Text{RU: "Документы", EN: "Documents"}, Value: func(s cabinet.ServiceDetails) any {
			return output.Dual{Machine: s.Documents, Human: documentLines(s.Documents)}
		}, Lines: true},
		output.Field[cabinet.ServiceDetails]{Name: "fees", Title: i18n.Text{RU: "Сколько стоит", EN: "Fees"}, Value: func(s cabinet.ServiceDetails) any {
			return output.Dual{Machine: s.Fees, Human: feeLines(s.Fees)}
		}, Lines: true},
		output.Field[cabinet.ServiceDetails]{Name: "result", Title: i18n.Text{RU: "Результат", EN: "Result"}, Value: func(s cabinet.ServiceDetails) any { return s.Result }},
		output.Field[cabinet.ServiceDetails]{Name: "variants", Title: i18n.Text{RU: "В регионах иначе", EN: "Different by region"}, Value: func(s cabinet.ServiceDetails) any {
			return output.Dual{Machine: s.Variants, Human: variantLines(s.Variants)}
		}, Lines: true},
		output.Field[cabinet.ServiceDetails]{Name: "refusals", Title: i18n.Text{RU: "Почему могут отказать", EN: "Why it may be refused"}, Value: func(s cabinet.ServiceDetails) any { return s.Refusals }, Lines: true},
		output.Field[cabinet.ServiceDetails]{Name: "termSource", Title: i18n.Text{RU: "Откуда сроки", EN: "Source of the term"}, Value: func(s cabinet.ServiceDetails) any { return source(s.TermSource) }},
		output.Field[cabinet.ServiceDetails]{Name: "legalActs", Title: i18n.Text{RU: "Основание", EN: "Legal acts"}, Value: func(s cabinet.ServiceDetails) any { return s.LegalActs }, Lines: true},
		output.Field[cabinet.ServiceDetails]{Name: "contacts", Title: i18n.Text{RU: "Куда обратиться", EN: "Contacts"}, Value: func(s cabinet.ServiceDetails) any { return s.Contacts }, Lines: true},
	)
	return v
}

func signature(s string) output.Dual {
	t := i18n.Text{RU: s, EN: s}
	switch s {
	case "none", "":
		t = i18n.Text{RU: "не нужна", EN: "not needed"}
	case "by-person":
		t = apiSignature(s)
	case "simple":
		t = i18n.Text{RU: "простая", EN: "simple"}
	case "qualified":
		t = i18n.Text{RU: "квалифицированная (--sign)", EN: "qualified (--sign)"}
	}
	return output.Dual{Machine: s, Human: t}
}

func documentLines(docs []cabinet.Document) []i18n.Message {
	out := make([]i18n.Message, len(docs))
	for i, d := range docs {
		need := i18n.Text{RU: "по желанию", EN: "optional"}
		if d.Required {
			need = i18n.Text{RU: "обязательно", EN: "required"}
		}
		out[i] = i18n.Text{RU: "%s — %s (%s; %s, до %d МБ)", EN: "%s — %s (%s; %s, up to %d MB)"}.With(d.Name, d.Title, need, formats(d.Types), max(d.MaxBytes>>20, 1))
	}
	return out
}

// formats names file formats by their MIME types.
func formats(types []string) untrusted.Text {
	out := make([]string, len(types))
	for i, t := range types {
		switch t {
		case "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
			out[i] = "DOCX"
		default:
			_, kind, _ := strings.Cut(t, "/")
			out[i] = strings.ToUpper(kind)
		}
	}
	return untrusted.Text(strings.Join(out, ", "))
}

func feeLines(fees []cabinet.Fee) []i18n.Message {
	out := make([]i18n.Message, len(fees))
	for i, f := range fees {
		out[i] = i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(f.Title, i18n.Money(f.AmountKopecks))
		if f.Condition != "" {
			out[i] = i18n.Text{RU: "%s: %s (%s)", EN: "%s: %s (%s)"}.With(f.Title, i18n.Money(f.AmountKopecks), f.Condition)
		}
	}
	return out
}

func variantLines(list []cabinet.Variant) []i18n.Message {
	out := make([]i18n.Message, len(list))
	for i, v := range list {
		out[i] = i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(v.RegionTitle, v.Note)
		if v.TermDays > 0 {
			out[i] = i18n.Text{RU: "%s: %s (дней: %d)", EN: "%s: %s (%d days)"}.With(v.RegionTitle, v.Note, v.TermDays)
		}
	}
	return out
}

// source says where a figure comes from.
func source(s *cabinet.Source) output.Dual {
	if s == nil {
		return output.Dual{}
	}
	return output.Dual{Machine: s, Human: i18n.Text{RU: "%s (проверено %s)", EN: "%s (looked up %s)"}.With(s.Title, i18n.ISODay(s.Date))}
}

func newView(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:               i18n.Text{RU: "view УСЛУГА", EN: "view SERVICE"}.In(f.Lang),
		Short:             i18n.Text{RU: "Всё об одной услуге", EN: "Everything about one service"}.In(f.Lang),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.CompleteService,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			s, err := c.Catalog.View(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, detailsView(), *s)
		},
	}
	output.AddFlags(cmd, &out, detailsView(), f.Lang)
	return cmd
}

func newFees(f *factory.Factory) *cobra.Command {
	var out output.Options
	view := output.View[cabinet.Fee]{Fields: []output.Field[cabinet.Fee]{
		{Name: "title", Title: i18n.Text{RU: "Пошлина", EN: "Fee"}, Value: func(x cabinet.Fee) any { return x.Title }, Wide: true},
		{Name: "condition", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(x cabinet.Fee) any { return x.Condition }, Wide: true},
		{Name: "amountKopecks", Title: i18n.Text{RU: "Сумма", EN: "Amount"}, Value: func(x cabinet.Fee) any { return i18n.Money(x.AmountKopecks) }},
		{Name: "discountPercent", Title: i18n.Text{RU: "Скидка, %", EN: "Discount, %"}, Value: func(x cabinet.Fee) any { return x.DiscountPercent }},
		{Name: "rule", Title: i18n.Text{RU: "Как считают", EN: "How it is reckoned"}, Value: func(x cabinet.Fee) any { return x.Rule }, Wide: true},
		{Name: "since", Title: i18n.Text{RU: "Действует с", EN: "In force since"}, Value: func(x cabinet.Fee) any { return output.Day(x.Since) }},
		{Name: "source", Title: i18n.Text{RU: "Откуда", EN: "Source"}, Value: func(x cabinet.Fee) any { return source(x.Source) }, Wide: true},
		{Name: "basis", Title: i18n.Text{RU: "Основание", EN: "Basis"}, Value: func(x cabinet.Fee) any { return x.Basis }, Wide: true},
		{Name: "asOf", Title: i18n.Text{RU: "По состоянию на", EN: "As of"}, Value: func(x cabinet.Fee) any { return output.Day(x.AsOf) }},
	}}
	cmd := &cobra.Command{
		Use:               i18n.Text{RU: "fees УСЛУГА", EN: "fees SERVICE"}.In(f.Lang),
		Short:             i18n.Text{RU: "Пошлины услуги", EN: "Fees of a service"}.In(f.Lang),
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.CompleteService,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			s, err := c.Catalog.View(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return output.List(f.IO, &out, view, s.Fees, output.Page{})
		},
	}
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}

// fieldView shows the fields of a form with what the portal already knows.
func fieldView(known map[string]any) output.View[forms.Field] {
	return output.View[forms.Field]{Fields: []output.Field[forms.Field]{
		{Name: "name", Title: i18n.Text{RU: "Имя для --set", EN: "Name for --set"}, Value: func(x forms.Field) any { return x.Path }},
		{Name: "required", Title: i18n.Text{RU: "Нужно", EN: "Required"}, Value: func(x forms.Field) any { return x.Required }},
		{Name: "title", Title: i18n.Text{RU: "Поле", EN: "Field"}, Value: func(x forms.Field) any { return x.Title }, Wide: true},
		{Name: "known", Title: i18n.Text{RU: "Уже известно", EN: "Already known"}, Value: func(x forms.Field) any {
			v, ok := known[x.Path]
			if !ok || x.Secret {
				return nil
			}
			return untrusted.Text(fmt.Sprint(v))
		}, Wide: true},
		{Name: "options", Title: i18n.Text{RU: "Возможные значения", EN: "Allowed values"}, Value: func(x forms.Field) any {
			values, said := make([]untrusted.Text, len(x.Options)), make([]i18n.Message, len(x.Options))
			for i, o := range x.Options {
				values[i] = untrusted.Text(fmt.Sprint(o.Value))
				said[i] = i18n.Text{RU: "%s", EN: "%s"}.With(values[i])
				if o.Title != "" && o.Title != values[i] {
					said[i] = i18n.Text{RU: "%s (%s)", EN: "%s (%s)"}.With(values[i], o.Title)
				}
			}
			return output.Dual{Machine: values, Human: said}
		}, Wide: true},
	}}
}

// newForm prints the form as JSON Schema: the schema itself is the data, so it
// has no table form.
func newForm(f *factory.Factory) *cobra.Command {
	o := &formOptions{f: f}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "form УСЛУГА", EN: "form SERVICE"}.In(f.Lang),
		Short: i18n.Text{RU: "Форма услуги: схема, образец для заполнения, поля", EN: "The form of a service: schema, skeleton to fill in, fields"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Печатает форму услуги как JSON Schema 2020-12: её понимают редакторы и проверяющие программы.\n--skeleton печатает YAML, где у каждого поля пояснение, правило и пример: заполните его и подайте через --from.\n--fields — список полей для --set, --explain ПОЛЕ — всё об одном поле, --find СЛОВО вместе с ним ищет в справочнике.",
			EN: "Prints the form of a service as JSON Schema 2020-12, which editors and validators understand.\n--skeleton prints YAML with the meaning, rule and example of every field: fill it in and submit it by --from.\n--fields lists the fields for --set, --explain FIELD tells everything about one, --find WORD with it searches the dictionary."}.In(f.Lang),
		Example:           "  epgu service form zagranpasport --skeleton > me.yaml\n  epgu service form zagranpasport --explain reason\n  epgu service form zagranpasport > form.schema.json",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: f.CompleteService,
		RunE:              func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args[0]) },
	}
	output.AddFlags(cmd, &o.out, fieldView(nil), f.Lang)
	cmd.Flags().BoolVar(&o.fields, "fields", false, i18n.Text{RU: "только список полей", EN: "only the list of fields"}.In(f.Lang))
	cmd.Flags().BoolVar(&o.skeleton, "skeleton", false, i18n.Text{RU: "образец для заполнения, YAML", EN: "a skeleton to fill in, YAML"}.In(f.Lang))
	cmd.Flags().StringVar(&o.explain, "explain", "", i18n.Text{RU: "всё об одном `поле`", EN: "everything about one `field`"}.In(f.Lang))
	cmd.Flags().StringVar(&o.find, "find", "", i18n.Text{RU: "с --explain: строки справочника с этим `словом`", EN: "with --explain: entries of the dictionary with this `word`"}.In(f.Lang))
	cmd.MarkFlagsMutuallyExclusive("fields", "skeleton", "explain")
	return cmd
}

type formOptions struct {
	f        *factory.Factory
	out      output.Options
	fields   bool
	skeleton bool
	explain  string
	find     string
}

func (o *formOptions) run(ctx context.Context, service string) error {
	f := o.f
	if o.out.Shaped() && !o.fields {
		return fault.New(exitcode.Usage, "form.shape", i18n.Say("схему нельзя показать по полям", "a schema has no fields to choose")).
			Advise(i18n.Say("добавьте --fields: тогда это список полей формы", "add --fields: then it is the list of the form's fields"))
	}
	c, err := f.Connect(ctx)
	if err != nil {
		return err
	}
	form, known, err := c.Catalog.Form(ctx, service)
	if err != nil {
		return err
	}
	values := map[string]any{}
	for _, leaf := range forms.Leaves(known.Values) {
		values[leaf.Path] = leaf.Value
	}
	switch {
	case o.fields:
		return output.List(f.IO, &o.out, fieldView(values), form.Flat(), output.Page{})
	case o.skeleton:
		_, err := f.IO.Out.Write(form.Skeleton(known.Values, nil, f.IO.Lang))
		return err
	case o.explain != "":
		return o.explained(ctx, c, form, values)
	}
	b, err := json.MarshalIndent(form.Schema(), "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f.IO.Out, "%s\n", untrusted.EscapeJSON(b))
	return err
}

// maxFound bounds how many entries of a dictionary are printed.
const maxFound = 50

// explained prints everything about one field.
func (o *formOptions) explained(ctx context.Context, c *factory.Connection, form *forms.Form, known map[string]any) error {
	fd, ok := form.Field(o.explain)
	if !ok {
		return forms.Invalid(form.Service, []fault.Field{form.Unknown(o.explain)})
	}
	say := func(m i18n.Message) { fmt.Fprintf(o.f.IO.Out, "%s\n", m.In(o.f.IO.Lang)) }
	say(i18n.Text{RU: "%s — %s", EN: "%s: %s"}.With(fd.Path, fd.Title))
	for _, m := range form.Explain(fd) {
		say(i18n.Text{RU: "  %s", EN: "  %s"}.With(m))
	}
	if v, ok := known[fd.Path]; ok && !fd.Secret {
		say(i18n.Text{RU: "  уже известно: %s", EN: "  already known: %s"}.With(untrusted.Text(fmt.Sprint(v))))
	}
	if fd.Dictionary == nil {
		return nil
	}
	found, more, err := c.Dictionaries.Find(ctx, fd.Dictionary.Code, "", o.find, maxFound)
	if err == nil && len(found) == 0 {
		o.f.IO.Note(i18n.Text{RU: "В справочнике %s нет ничего со словом «%s»", EN: "Dictionary %s has nothing with %q"}.With(fd.Dictionary.Code, untrusted.Text(o.find)))
	}
	if err != nil {
		return err
	}
	for _, e := range found {
		if fd.Dictionary.Leaf && !e.Leaf {
			continue // a heading of the dictionary is no answer
		}
		say(i18n.Text{RU: "  %s — %s", EN: "  %s: %s"}.With(untrusted.Text(e.Value), e.Title))
	}
	if more {
		o.f.IO.Note(i18n.Text{RU: "Показано %d, есть ещё; уточните: --find СЛОВО", EN: "%d are shown, there are more; narrow it: --find WORD"}.With(len(found)))
	}
	return nil
}
