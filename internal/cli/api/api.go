// Package api is the command "api": one request to the portal of the profile, as
// it stands.
package api

import (
	"context"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/rawcall"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// maxInput bounds --input, bytes.
const maxInput = 64 << 20

type options struct {
	f      *factory.Factory
	out    output.Options
	fields []string
	query  []string
	input  string
	to     string
	pages  bool
	yes    bool
}

// New returns the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{f: f}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   say("api МЕТОД ПУТЬ", "api METHOD PATH"),
		Short: say("Запрос к порталу как есть", "A request to the portal as it stands"),
		Long: say("Отправляет один запрос на портал профиля с его маркером и печатает ответ. GET — свободно; остальное может что-то изменить и требует --yes. Ответ с ошибкой тоже печатается, код выхода — по его смыслу.",
			"Sends one request to the portal of the profile with its marker, and prints the answer. GET goes freely; anything else may change something and needs --yes. An answer with an error is printed, too; the exit code follows its meaning."),
		Example: "  epgu api GET /api/gusmev/order/getUpdatedAfter -q updatedAfter=2026-11-01T00:00:00.000 --paginate --jq '.content[].orderId'\n" +
			"  epgu api POST /api/gusmev/push -F 'meta=@meta.json;type=application/json' -F file=@archive.zip --yes",
		Args: cobra.ExactArgs(2),
	}
	f.Flesh(cmd, func() {
		fl := cmd.Flags()
		fl.StringArrayVarP(&o.fields, "form", "F", nil, say("часть multipart: `имя=значение` или имя=@файл, ещё ;type=…", "a multipart part: `name=value` or name=@file, perhaps ;type=…"))
		fl.StringArrayVarP(&o.query, "query", "q", nil, say("параметр запроса `имя=значение`", "a query parameter `name=value`"))
		fl.StringVar(&o.input, "input", "", say("тело JSON из `файла`, «-» — со стандартного ввода", "a JSON body from a `file`, - is standard input"))
		fl.StringVarP(&o.to, "output", "o", "", say("записать ответ в `файл`", "write the answer to a `file`"))
		fl.BoolVar(&o.pages, "paginate", false, say("все страницы списка, документ за документом", "all pages of a list, one document after another"))
		fl.BoolVarP(&o.yes, "yes", "y", false, say("не спрашивать", "do not ask"))
		output.AddQuery(cmd, &o.out, f.Lang)
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args[0], args[1]) }
	return cmd
}

func (o *options) request(method, path string) (rawcall.Request, error) {
	q := rawcall.Request{Method: strings.ToUpper(method), Path: path, Query: url.Values{}}
	bad := func(code string, ru, en string, args ...any) error {
		return fault.New(exitcode.Usage, code, i18n.Text{RU: ru, EN: en}.With(args...))
	}
	if !slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}, q.Method) {
		return q, bad("api.method", "«%s» — не метод; есть: GET, HEAD, POST, PUT, PATCH, DELETE", "%q is no method; there are: GET, HEAD, POST, PUT, PATCH, DELETE", untrusted.Text(method))
	}
	for _, s := range o.query {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return q, bad("api.bad_query", "«%s»: нужно -q имя=значение", "%q: give -q name=value", untrusted.Text(s))
		}
		q.Query.Add(name, value)
	}
	for _, s := range o.fields {
		f, err := rawcall.ParseField(s)
		if err != nil {
			return q, err
		}
		q.Fields = append(q.Fields, f)
	}
	switch {
	case (q.Fields != nil || o.input != "") && rawcall.Reads(q.Method):
		return q, bad("api.body", "у %s не бывает тела: параметры — через -q", "%s has no body: parameters go by -q", q.Method)
	case q.Fields != nil && o.input != "":
		return q, bad("api.two_bodies", "-F и --input вместе не бывают", "-F and --input do not go together")
	case o.pages && q.Method != "GET":
		return q, bad("api.paginate", "--paginate бывает только с GET", "--paginate goes with GET only")
	case o.pages && o.to != "":
		return q, bad("api.paginate_output", "--paginate и -o вместе не бывают", "--paginate and -o do not go together")
	}
	if o.input == "" {
		return q, nil
	}
	in := o.f.IO.In
	if o.input != "-" {
		file, err := os.Open(o.input)
		if err != nil {
			return q, fault.New(exitcode.Usage, "api.unreadable", i18n.Text{RU: "файл %s не читается", EN: "%s cannot be read"}.With(o.input)).Because(err)
		}
		defer file.Close()
		in = file
	}
	body, err := io.ReadAll(io.LimitReader(in, maxInput+1))
	if err == nil && len(body) > maxInput {
		err = bad("api.too_large", "тело больше %d МБ", "the body is larger than %d MB", maxInput>>20)
	}
	q.Body = append([]byte{}, body...)
	return q, err
}

func (o *options) run(ctx context.Context, method, path string) error {
	q, err := o.request(method, path)
	if err != nil {
		return err
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	if !rawcall.Reads(q.Method) && !o.yes {
		sure, err := prompt.New(o.f.IO).Confirm(ctx, prompt.Question{Flag: "--yes",
			Label: i18n.Text{RU: "Отправить %s %s? Это может что-то изменить на портале.", EN: "Send %s %s? It may change something at the portal."}.With(q.Method, untrusted.Text(path))}, false)
		if err != nil {
			return err
		}
		if !sure {
			return fault.New(exitcode.Usage, "prompt.not_confirmed", i18n.Say("не подтверждено, ничего не сделано", "not confirmed, nothing was done"))
		}
	}
	if o.pages {
		return c.Raw.Pages(ctx, q, o.show)
	}
	a, err := c.Raw.Do(ctx, q)
	if a != nil && len(a.Body) > 0 {
		if shown := o.show(a); err == nil {
			err = shown
		}
	}
	return err
}

// show prints an answer, or writes it to a file.
func (o *options) show(a *rawcall.Answer) error {
	if o.to != "" {
		return atomicfile.Write(o.to, a.Body, 0o600)
	}
	if strings.Contains(a.Type, "json") {
		return output.Document(o.f.IO, &o.out, a.Body)
	}
	if !o.f.IO.IsStdoutTTY() {
		_, err := o.f.IO.Out.Write(a.Body)
		return err
	}
	if !strings.HasPrefix(a.Type, "text/") && !strings.Contains(a.Type, "xml") {
		return fault.New(exitcode.Usage, "api.binary", i18n.Text{RU: "в ответе не текст, а %s (%d Б): запишите его, -o файл", EN: "the answer is no text but %s (%d B): write it, -o file"}.With(untrusted.Text(a.Type), len(a.Body)))
	}
	_, err := io.WriteString(o.f.IO.Out, untrusted.CleanLines(string(a.Body))+"\n")
	return err
}
