package application

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// input is how a person gives the values of a form.
type input struct {
	f      *factory.Factory
	set    []string
	from   string
	attach []string
}

func (in *input) flags(cmd *cobra.Command) {
	lang := in.f.Lang
	cmd.Flags().StringArrayVar(&in.set, "set", nil, i18n.Text{RU: "поле формы: `имя=значение`", EN: "a field of the form: `name=value`"}.In(lang))
	cmd.Flags().StringVar(&in.from, "from", "", i18n.Text{RU: "взять поля из `файла` YAML или JSON, «-» — со стандартного ввода", EN: "take fields from a YAML or JSON `file`, - is standard input"}.In(lang))
	cmd.Flags().StringArrayVar(&in.attach, "attach", nil, i18n.Text{RU: "вложение: `имя=файл` или просто файл", EN: "an attachment: `name=file` or just the file"}.In(lang))
}

// given reads --from and --set, the latter on top.
func (in *input) given() (map[string]any, error) {
	layers := []map[string]any{}
	if in.from != "" {
		r, name := in.f.IO.In, "stdin"
		if in.from != "-" {
			file, err := os.Open(in.from)
			if err != nil {
				return nil, fault.New(exitcode.Usage, "values.unreadable", i18n.Text{RU: "файл %s не открывается", EN: "%s cannot be opened"}.With(in.from)).Because(err)
			}
			defer file.Close()
			r, name = io.Reader(file), in.from
		}
		values, err := forms.ReadValues(r, name)
		if err != nil {
			return nil, err
		}
		layers = append(layers, values)
	}
	set, err := forms.Assignments(in.set)
	if err != nil {
		return nil, err
	}
	return forms.Merge(append(layers, set)...), nil
}

// fill lays what was given over what is known, asks a person at a terminal for
// what is missing, and checks the whole.
func (in *input) fill(ctx context.Context, form *forms.Form, known map[string]any) (map[string]any, error) {
	given, err := in.given()
	if err != nil {
		return nil, err
	}
	values := form.Coerce(forms.Merge(form.Defaults(), known, given))
	if !in.f.IO.CanPrompt() {
		return values, form.Check(values)
	}
	p := prompt.New(in.f.IO)
	for asked := map[string]bool{}; ; {
		wrong := form.Validate(values)
		progress := false
		for _, w := range wrong {
			fd, ok := form.Field(w.Name)
			if _, present := values[w.Name]; !ok || present || asked[w.Name] {
				continue
			}
			asked[w.Name], progress = true, true
			answer, err := ask(ctx, p, fd)
			if err != nil {
				return nil, err
			}
			if answer != "" {
				values = form.Coerce(forms.Merge(values, map[string]any{fd.Name: answer}))
			}
			break // one answer can change which other fields are needed
		}
		if !progress {
			if len(wrong) == 0 {
				return values, nil
			}
			return nil, forms.Invalid(form.Service, wrong)
		}
	}
}

func ask(ctx context.Context, p *prompt.Prompter, fd forms.Field) (string, error) {
	q := prompt.Question{Label: i18n.Text{RU: "%s", EN: "%s"}.With(fd.Title), Flag: "--set " + fd.Name + "=…"}
	if len(fd.Options) > 0 {
		options := make([]prompt.Option, len(fd.Options))
		for i, o := range fd.Options {
			v, _ := o.Value.(string)
			options[i] = prompt.Option{Label: i18n.Text{RU: "%s", EN: "%s"}.With(o.Title), Value: v}
		}
		i, err := p.Select(ctx, q, options)
		if err != nil {
			return "", err
		}
		return options[i].Value, nil
	}
	if fd.Hint != "" {
		q.Label = i18n.Text{RU: "%s (%s)", EN: "%s (%s)"}.With(fd.Title, fd.Hint)
	}
	if fd.Secret {
		return p.Password(ctx, q)
	}
	return p.Input(ctx, q)
}
