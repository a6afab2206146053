package application

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// input is how a person gives the values of a form.
type input struct {
	f      *factory.Factory
	set    []string
	from   string
	attach []string
	// comments are those of the file that given has read, by field.
	comments map[string]string
	// keep is called after every answer given at the terminal, so that none is lost.
	keep func(ctx context.Context, x *forms.Filling) error
	// resumed says that a draft is gone on with.
	resumed bool
}

func (in *input) flags(cmd *cobra.Command) {
	in.values(cmd)
	cmd.Flags().StringArrayVar(&in.attach, "attach", nil, i18n.Text{RU: "вложение: `имя=файл` или просто файл", EN: "an attachment: `name=file` or just the file"}.In(in.f.Lang))
}

// values are the flags of what a draft holds: all but attachments.
func (in *input) values(cmd *cobra.Command) {
	lang := in.f.Lang
	cmd.Flags().StringArrayVar(&in.set, "set", nil, i18n.Text{RU: "поле формы: `имя=значение`; в группах — a.b=1, children[0].lastName=…", EN: "a field of the form: `name=value`; in groups a.b=1, children[0].lastName=…"}.In(lang))
	cmd.Flags().StringVar(&in.from, "from", "", i18n.Text{RU: "взять поля из `файла` YAML или JSON, «-» — со стандартного ввода", EN: "take fields from a YAML or JSON `file`, - is standard input"}.In(lang))
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
		var text bytes.Buffer
		values, err := forms.ReadValues(io.TeeReader(r, &text), name) // which reads no more than it can take
		if err != nil {
			return nil, err
		}
		in.comments = forms.Comments(text.Bytes())
		layers = append(layers, values)
	}
	set, err := forms.Assignments(in.set)
	if err != nil {
		return nil, err
	}
	return forms.Merge(append(layers, set)...), nil
}

// filled is a form that can be sent, with its attachments.
type filled struct {
	values   map[string]any
	attached []applications.Attachment
}

// fill lays what was given over what is known, asks a person at a terminal for
// what is missing, and checks the whole, attachments included: all mistakes are
// told together, so that one correction is enough.
func (in *input) fill(ctx context.Context, c *factory.Connection, form *forms.Form, known forms.Known, documents []wire.Document) (*filled, error) {
	given, err := in.given()
	if err != nil {
		return nil, err
	}
	x := form.Fill(known, given, c.Dictionaries)
	if in.f.IO.CanPrompt() {
		q := &interview{in: in, p: prompt.New(in.f.IO), x: x, documents: documents, passed: map[string]bool{}, unkept: len(given) > 0 || len(in.attach) > 0}
		if err := q.run(ctx); err != nil {
			return nil, err
		}
	}
	errForm := x.Check(ctx)
	if fault.Of(errForm) == nil && errForm != nil {
		return nil, errForm
	}
	asked, err := catalog.Asked(x, documents)
	if err != nil {
		return nil, err
	}
	attached, errFiles := applications.CheckAttachments(in.attach, asked)
	if err := bothWrong(errForm, errFiles); err != nil {
		return nil, err
	}
	tellHints(in.f, attached)
	values, left := x.Values()
	in.tellLeft(given, left)
	return &filled{values, attached}, nil
}

// tellHints says what is worth knowing of files that are sent all the same.
func tellHints(f *factory.Factory, attached []applications.Attachment) {
	for i := range attached {
		if m := attached[i].Hint(); !m.IsZero() {
			f.IO.Note(m)
		}
	}
}

// tellLeft says which of the given answers are not sent.
func (in *input) tellLeft(given map[string]any, left []string) {
	mine := map[string]bool{}
	for _, leaf := range forms.Leaves(given) {
		mine[leaf.Path] = true
	}
	var names []string
	for _, path := range left {
		for own := range mine {
			if own == path || strings.HasPrefix(own, path+".") || strings.HasPrefix(own, path+"[") {
				names = append(names, path)
				break
			}
		}
	}
	if len(names) > 0 {
		in.f.IO.Note(i18n.Text{RU: "Не отправлено, при таких ответах этого не спрашивают: %s", EN: "Not sent, these answers do not ask for it: %s"}.With(strings.Join(names, ", ")))
	}
}
