package application

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// many is the submission of a whole register, or of the files of a folder.
type many struct {
	f        *factory.Factory
	register string
	dir      string
	form     string
	result   string
	check    bool
	yes      bool
	region   string
	sign     *sign
	out      *output.Options
}

func (m *many) flags(cmd *cobra.Command) {
	lang := m.f.Lang
	cmd.Flags().StringVar(&m.register, "register", "", i18n.Text{RU: "подать по строке реестра: `файл` CSV, столбец — поле формы или документ", EN: "submit one for each line of a register: a CSV `file`, a column is a field of the form or a document"}.In(lang))
	cmd.Flags().StringVar(&m.dir, "from-dir", "", i18n.Text{RU: "подать по файлу YAML или JSON из этой `папки`; вложения рядом: ИМЯ.документ.pdf", EN: "submit one for each YAML or JSON file of this `folder`; attachments beside it: NAME.document.pdf"}.In(lang))
	cmd.Flags().StringVar(&m.form, "form", "", i18n.Text{RU: "`услуга` для --register и --from-dir", EN: "the `service` of --register and --from-dir"}.In(lang))
	_ = cmd.RegisterFlagCompletionFunc("form", m.f.CompleteService) // fails only for a flag that is not there
	cmd.Flags().StringVarP(&m.result, "output", "o", "", i18n.Text{RU: "`файл` итогового реестра; обычно рядом, с .result.csv", EN: "`file` of the resulting register; beside it with .result.csv by default"}.In(lang))
	cmd.Flags().BoolVar(&m.check, "check", false, i18n.Text{RU: "только проверить реестр, ничего не подавать", EN: "only check the register, submit nothing"}.In(lang))
	cmd.Flags().BoolVarP(&m.yes, "yes", "y", false, i18n.Text{RU: "не спрашивать перед подачей реестра", EN: "do not ask before a register is submitted"}.In(lang))
	cmd.MarkFlagsMutuallyExclusive("register", "from-dir")
}

// given reports whether many are to be sent; a lone flag of theirs is refused.
func (m *many) given(cmd *cobra.Command, args []string) (bool, error) {
	usage := func(ru, en string) error { return fault.New(exitcode.Usage, "submit.usage", i18n.Say(ru, en)) }
	on := m.register != "" || m.dir != ""
	switch {
	case on && len(args) > 0:
		return on, usage("с --register и --from-dir черновик не называют", "no draft is named with --register and --from-dir")
	case on && m.form == "":
		return on, usage("назовите услугу: --form КОД", "name the service: --form CODE")
	case !on && len(args) != 1:
		return on, usage("назовите черновик (epgu application draft list) или реестр: --register ФАЙЛ --form КОД", "name a draft (epgu application draft list) or a register: --register FILE --form CODE")
	case !on:
		for _, flag := range []string{"form", "output", "check", "yes"} {
			if cmd.Flags().Changed(flag) {
				return on, fault.New(exitcode.Usage, "submit.usage", i18n.Text{RU: "--%s — только вместе с --register или --from-dir", EN: "--%s goes with --register or --from-dir only"}.With(flag))
			}
		}
	}
	for _, flag := range []string{"set", "from", "attach", "again"} {
		if on && cmd.Flags().Changed(flag) {
			return on, fault.New(exitcode.Usage, "submit.usage", i18n.Text{RU: "--%s не сочетается с --register и --from-dir", EN: "--%s does not go with --register and --from-dir"}.With(flag))
		}
	}
	return on, nil
}

func outcomeTitle(o applications.Outcome) i18n.Text {
	switch o {
	case applications.Sent:
		return i18n.Text{RU: "подано", EN: "sent"}
	case applications.Already:
		return i18n.Text{RU: "подано раньше", EN: "sent before"}
	case applications.Rejected:
		return i18n.Text{RU: "отказано", EN: "refused"}
	case applications.Unclear:
		return i18n.Text{RU: "неизвестно", EN: "unknown"}
	}
	return i18n.Text{RU: "не отправлено", EN: "not sent"}
}

// item is one application before it is checked.
type item struct {
	row    int
	name   string
	given  map[string]any
	attach []string
	region string
	order  int64
}

func (m *many) run(ctx context.Context) error {
	c, err := m.f.Connect(ctx)
	if err != nil {
		return err
	}
	service, err := c.Catalog.View(ctx, m.form)
	if err != nil {
		return err
	}
	if err := admit(ctx, c, service); err != nil {
		return err
	}
	form, known, err := c.Catalog.Form(ctx, service.Code)
	if err != nil {
		return err
	}
	register, items, err := m.read(form, service.Documents)
	if err != nil {
		return err
	}
	lines, err := m.checked(ctx, c, service, form, known, items)
	if err != nil {
		return err
	}
	left := 0
	for i := range lines {
		if lines[i].OrderID == 0 {
			left++
		}
	}
	m.f.IO.Note(i18n.Text{RU: "Проверено строк: %d, к подаче: %d.", EN: "Lines checked: %d, to submit: %d."}.With(len(lines), left))
	if least := applications.LeastTime(left); least > 0 {
		m.f.IO.Note(i18n.Text{RU: "Не меньше %s: портал берёт %d заявлений на услугу за 10 минут.", EN: "At least %s: the portal takes %d applications for a service in 10 minutes."}.With(least, applications.BurstSize))
	}
	if m.check {
		return nil
	}
	if !m.yes && left > 0 {
		sure, err := prompt.New(m.f.IO).Confirm(ctx, prompt.Question{Flag: "--yes", Label: i18n.Text{RU: "Подать заявлений: %d, «%s»?", EN: "Submit %d applications, %q?"}.With(left, service.Title)}, false)
		if err != nil {
			return err
		}
		if !sure {
			return fault.New(exitcode.Usage, "prompt.not_confirmed", i18n.Say("не подтверждено, ничего не сделано", "not confirmed, nothing was done"))
		}
	}
	return m.send(ctx, c, service, register, lines)
}

func (m *many) send(ctx context.Context, c *factory.Connection, service *wire.ServiceDetails, register *applications.Register, lines []applications.Line) error {
	submitter, err := c.Applications(ctx)
	if err != nil {
		return err
	}
	where := m.resultPath()
	written := time.Time{}
	keep := func() error {
		var b bytes.Buffer
		if err := register.Write(&b, lines, m.f.Lang); err != nil {
			return err
		}
		written = m.f.Clock.Now()
		return atomicfile.Write(where, b.Bytes(), 0o600)
	}
	view := submittedView(m.f.Lang)
	view.Default = []string{"row", "file", "orderId", "state", "error"}
	feed := output.NewFeed(m.f.IO, m.out, view)
	var failed error
	errSent := submitter.SubmitMany(ctx, lines, func(d time.Duration) {
		m.f.IO.Note(i18n.Text{RU: "Предел портала: ждём %s.", EN: "The portal's limit: waiting %s."}.With(d))
	}, func(l *applications.Line) {
		if err := feed.Put(submitted{Receipt: applications.Receipt{OrderID: l.OrderID}, service: *service, line: l}); err != nil && failed == nil {
			failed = err
		}
		if m.f.Clock.Now().Sub(written) > time.Second { // the journal knows the rest, should this process die
			if err := keep(); err != nil && failed == nil {
				failed = err
			}
		}
	})
	if err := keep(); err != nil && failed == nil {
		failed = err
	}
	m.f.IO.Note(i18n.Text{RU: "Итог: %s. Его можно подать этой же командой снова.", EN: "The result: %s. It can be fed to the same command again."}.With(where))
	if errSent != nil {
		return errSent
	}
	return failed
}

func (m *many) resultPath() string {
	switch {
	case m.result != "":
		return m.result
	case m.dir != "":
		return filepath.Join(m.dir, "result.csv")
	case strings.HasSuffix(m.register, ".result.csv"):
		return m.register
	}
	return strings.TrimSuffix(m.register, filepath.Ext(m.register)) + ".result.csv"
}

// read reads what is to be sent.
func (m *many) read(form *forms.Form, documents []wire.Document) (*applications.Register, []item, error) {
	if m.dir != "" {
		return m.readDir(documents)
	}
	file, err := os.Open(m.register)
	if err != nil {
		return nil, nil, fault.New(exitcode.Usage, "register.unreadable", i18n.Text{RU: "файл %s не открывается", EN: "%s cannot be opened"}.With(m.register)).Because(err)
	}
	defer file.Close()
	r, err := applications.ReadRegister(file, form, documents)
	if err != nil {
		return nil, nil, err
	}
	items := make([]item, len(r.Rows))
	for i, row := range r.Rows {
		it := item{row: row.Line, region: row.Region, order: row.OrderID}
		if it.given, err = forms.Assignments(row.Pairs); err != nil {
			return nil, nil, err
		}
		for _, a := range row.Attach {
			name, path, _ := strings.Cut(a, "=")
			if !filepath.IsAbs(path) {
				path = filepath.Join(filepath.Dir(m.register), path)
			}
			it.attach = append(it.attach, name+"="+path)
		}
		items[i] = it
	}
	return r, items, nil
}

func (m *many) readDir(documents []wire.Document) (*applications.Register, []item, error) {
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return nil, nil, fault.New(exitcode.Usage, "register.unreadable", i18n.Text{RU: "папка %s не читается", EN: "the folder %s cannot be read"}.With(m.dir)).Because(err)
	}
	var names []string
	var items []item
	for _, e := range entries {
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if e.IsDir() || !slices.Contains([]string{".yaml", ".yml", ".json"}, ext) {
			continue
		}
		file, err := os.Open(filepath.Join(m.dir, e.Name()))
		if err != nil {
			return nil, nil, err
		}
		it := item{row: len(items) + 1, name: e.Name()}
		it.given, err = forms.ReadValues(file, e.Name())
		if err2 := file.Close(); err == nil {
			err = err2
		}
		if err != nil {
			return nil, nil, err
		}
		base := strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))
		for _, d := range documents {
			for _, other := range entries {
				if strings.HasPrefix(other.Name(), base+"."+d.Name+".") {
					it.attach = append(it.attach, d.Name+"="+filepath.Join(m.dir, other.Name()))
				}
			}
		}
		names, items = append(names, e.Name()), append(items, it)
	}
	if len(items) == 0 {
		return nil, nil, fault.New(exitcode.Usage, "register.empty", i18n.Text{RU: "в папке %s нет файлов YAML и JSON", EN: "there are no YAML or JSON files in %s"}.With(m.dir))
	}
	return applications.FilesRegister(names), items, nil
}

// checked checks every application before any is sent; all mistakes are told at once.
func (m *many) checked(ctx context.Context, c *factory.Connection, service *wire.ServiceDetails, form *forms.Form, known forms.Known, items []item) ([]applications.Line, error) {
	me, err := c.SignIn.Me(ctx)
	if err != nil {
		return nil, err
	}
	var who applications.Signer
	if !m.check {
		if who, err = m.sign.open(ctx, service); err != nil {
			return nil, err
		}
	}
	var wrong []fault.Field
	lines := make([]applications.Line, len(items))
	for i, it := range items {
		l := applications.Line{Row: it.row, Name: it.name, OrderID: it.order}
		if it.order == 0 {
			req, bad, err := m.request(ctx, c, service, form, known, it)
			if err != nil {
				return nil, err
			}
			where := it.name
			if where == "" {
				where = i18n.Text{RU: "строка %d", EN: "line %d"}.With(it.row).In(m.f.Lang)
			}
			for _, f := range bad {
				f.Name = where + ", " + f.Name
				wrong = append(wrong, f)
			}
			req.Applicant, req.Who, req.Signer = me.Applicant(), me.Name().String(), who
			l.Request = req
		}
		lines[i] = l
	}
	if len(wrong) > 0 {
		e := fault.New(exitcode.Usage, "register.invalid", i18n.Text{RU: "в реестре ошибки, ничего не подано: %d", EN: "mistakes in the register, nothing was submitted: %d"}.With(len(wrong)))
		e.Fields = wrong
		return nil, e
	}
	return lines, nil
}

// request makes the request of one application, or says what is wrong with it.
func (m *many) request(ctx context.Context, c *factory.Connection, service *wire.ServiceDetails, form *forms.Form, known forms.Known, it item) (applications.Request, []fault.Field, error) {
	none := applications.Request{}
	var bad []fault.Field
	for _, leaf := range form.Strangers(it.given) {
		bad = append(bad, form.Unknown(leaf.Path))
	}
	x := form.Fill(known, it.given, c.Dictionaries)
	problems, err := x.Problems(ctx)
	if err != nil {
		return none, nil, err
	}
	bad = append(bad, problems...)
	asked, err := catalog.Asked(x, service.Documents)
	if err != nil {
		return none, nil, err
	}
	attached, err := applications.CheckAttachments(it.attach, asked)
	if f := fault.Of(err); f != nil {
		bad = append(bad, f.Fields...)
	} else if err != nil {
		return none, nil, err
	}
	if len(bad) > 0 {
		return none, bad, nil
	}
	values, _ := x.Values()
	req := applications.NewRequest(service, "", "", values, attached)
	for _, region := range []string{m.region, it.region} {
		if region != "" {
			req.Region = region
		}
	}
	return req, nil, req.Content.Published(ctx, service, m.f.IO.Lang, m.f.Clock.Now())
}
