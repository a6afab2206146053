package application

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/core/drafts"
	"github.com/epgu-cli/epgu/internal/core/parcel"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	gusmev "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/progress"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// own are the flags of an application made of the sender's own files.
type own struct {
	drafts.Parcel
	order   int64
	dryRun  bool
	archive string
	chunkMB int
}

func (o *own) flags(cmd *cobra.Command, f *factory.Factory) {
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	fl := cmd.Flags()
	fl.StringArrayVar(&o.Files, "file", nil, say("готовый файл архива: `имя=путь` или просто путь; формы тогда нет", "a ready file of the archive: `name=path` or just the path; there is no form then"))
	fl.StringVar(&o.Target, "target", "", say("`код` цели; без него — код услуги с минусом", "`code` of the target; without it, the code of the service with a minus"))
	fl.BoolVar(&o.OneStep, "one-step", false, say("отправить одним запросом, без номера заранее (до 50 МБ)", "send in one request, without a number beforehand (up to 50 MB)"))
	fl.BoolVar(&o.Loose, "loose", false, say("о правилах самой услуги только предупредить", "only warn of the rules of the service itself"))
	fl.BoolVar(&o.Nested, "nested", false, say("разрешить архивы внутри архива", "allow archives inside the archive"))
	fl.Int64Var(&o.order, "order", 0, say("отправить под этим `номером`: он получен раньше или ведомство ждёт исправления", "send under this `number`: it was taken before, or the department waits for a correction"))
	fl.IntVar(&o.chunkMB, "chunk", 0, say("размер части большого архива, МБ (5–50)", "size of the parts of a large archive, MB (5–50)"))
	fl.BoolVar(&o.dryRun, "dry-run", false, say("ничего не отправлять: записать архив и показать, что ушло бы", "send nothing: write the archive and show what would be sent"))
	fl.StringVar(&o.archive, "archive", "", say("куда --dry-run пишет архив; без него — КОД.zip рядом", "where --dry-run writes the archive; without it, CODE.zip here"))
}

// given reports whether the application is made of the sender's own files.
func (o *own) given() bool { return len(o.Files) > 0 }

// only refuses flags that mean nothing without --file.
func (o *own) only(cmd *cobra.Command) error {
	if o.chunkMB != 0 && (o.chunkMB < gusmev.MinChunkBytes/1_000_000 || o.chunkMB > gusmev.MaxChunkBytes/1_000_000) {
		return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--chunk не может быть %d: часть занимает от %d до %d МБ", EN: "--chunk cannot be %d: a part has %d to %d MB"}.With(o.chunkMB, gusmev.MinChunkBytes/1_000_000, gusmev.MaxChunkBytes/1_000_000))
	}
	if o.given() {
		for _, name := range []string{"set", "from", "attach", "repeat", "from-template"} {
			if cmd.Flags().Changed(name) {
				return fault.New(exitcode.Usage, "flag.conflict", i18n.Text{RU: "--file и --%s вместе не бывают: либо готовые файлы, либо форма", EN: "--file and --%s do not go together: either ready files or a form"}.With(name))
			}
		}
		return nil
	}
	for _, name := range []string{"target", "one-step", "loose", "nested", "order", "chunk"} {
		if cmd.Flags().Changed(name) {
			return fault.New(exitcode.Usage, "flag.alone", i18n.Text{RU: "--%s бывает только с --file", EN: "--%s goes only with --file"}.With(name))
		}
	}
	if cmd.Flags().Changed("archive") && !o.dryRun {
		return fault.New(exitcode.Usage, "flag.alone", i18n.Say("--archive бывает только с --dry-run", "--archive goes only with --dry-run"))
	}
	return nil
}

// service is what is known of the service that the files are for.
func (o *own) service(f *factory.Factory) (cabinet.ServiceDetails, parcel.Rules, error) {
	code := o.Service
	if code == "" || strings.Trim(code, "0123456789") != "" || len(code) > 20 {
		return cabinet.ServiceDetails{}, parcel.Rules{}, fault.New(exitcode.Usage, "service.bad_code", i18n.Text{RU: "«%s» — не код услуги: с --file нужен код из цифр, как 10000000109", EN: "%q is no code of a service: --file needs a code of digits, such as 10000000109"}.With(untrusted.Text(code))).
			Advise(i18n.Say("услуги API ЕПГУ: epgu service api", "the services of API ЕПГУ: epgu service api"))
	}
	if o.Region == "" {
		return cabinet.ServiceDetails{}, parcel.Rules{}, applications.NoRegion()
	}
	if n := len(o.Region); n != 2 && n != 11 || strings.Trim(o.Region, "0123456789") != "" {
		return cabinet.ServiceDetails{}, parcel.Rules{}, fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--region не может быть «%s»: нужен ОКАТО, 11 цифр (или 2)", EN: "--region cannot be %q: an ОКАТО of 11 digits (or 2) is needed"}.With(untrusted.Text(o.Region)))
	}
	s := cabinet.ServiceDetails{Service: cabinet.Service{Code: code, Slug: code, Title: cabinet.Text(code)}, TargetCode: "-" + code, Region: o.Region, Push: "chunked"}
	var rules parcel.Rules
	known, ok, err := catalog.APIServiceOf(code)
	if err != nil {
		return s, rules, err
	}
	if ok {
		s.Title, rules = cabinet.Text(known.Title.In(f.IO.Lang)), known.Rules(f.IO.Lang)
	} else {
		f.IO.Note(i18n.Text{RU: "Услуга %s программе не известна: правила её архива не проверяются.", EN: "Service %s is not known here: the rules of its archive are not checked."}.With(code))
	}
	if o.Target != "" {
		s.TargetCode = o.Target
	}
	if o.OneStep {
		s.Push = "single"
	}
	return s, rules, nil
}

// files checks what was given.
func (o *own) files(ctx context.Context, f *factory.Factory, rules parcel.Rules, signed bool) ([]parcel.File, error) {
	set, err := parcel.Check(ctx, o.Files, nil, parcel.Options{Rules: rules, WillSign: signed, Loose: o.Loose, Nested: o.Nested, Now: f.Clock.Now()})
	if err != nil {
		return nil, err
	}
	for _, n := range set.Notes {
		f.IO.Note(n.Told())
	}
	return set.Files, nil
}

// sendFiles sends, keeps or only shows an application of the sender's own files.
func (o *createOptions) sendFiles(ctx context.Context) error {
	o.own.Service = o.service[0]
	o.own.Region = o.region
	service, rules, err := o.own.service(o.f)
	if err != nil {
		return err
	}
	files, err := o.own.files(ctx, o.f, rules, o.sign.named())
	if err != nil {
		return err
	}
	if o.own.dryRun {
		return o.show(ctx, service, files)
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	if !o.submit {
		return o.keepFiles(c, service)
	}
	return send(ctx, o.f, c, &o.out, sending{service: service, files: files, again: o.again, region: o.region, orderID: o.own.order, chunkBytes: int64(o.own.chunkMB) * 1_000_000, sign: &o.sign})
}

// keepFiles keeps the application as a draft on this machine: a portal's draft
// holds no files.
func (o *createOptions) keepFiles(c *factory.Connection, service cabinet.ServiceDetails) error {
	p := o.own.Parcel
	p.Title = service.Title.Raw()
	for i, g := range p.Files {
		abs, err := absolute(g)
		if err != nil {
			return err
		}
		p.Files[i] = abs
	}
	id, err := c.Drafts.KeepParcel(p, o.f.Clock.Now())
	if err != nil {
		return err
	}
	o.f.IO.Note(i18n.Text{RU: "Черновик сохранён на этой машине. Подать: epgu application submit %s", EN: "The draft is kept on this machine. Submit it: epgu application submit %s"}.With(id))
	return output.Object(o.f.IO, &o.out, submittedView(o.f.Lang), submitted{draft: id, service: service})
}

// absolute makes the path in "name=path" independent of the folder the command
// was run in.
func absolute(given string) (string, error) {
	name, path, ok := strings.Cut(given, "=")
	if _, err := os.Stat(given); !ok || err == nil {
		name, path = filepath.Base(given), given
	}
	abs, err := filepath.Abs(path)
	return name + "=" + abs, err
}

// plan is what --dry-run shows.
type plan struct {
	requests []string
	files    []parcel.File
	archive  string
	bytes    int64
	sum      string
	parts    int
	fields   bool
}

// planFields are the fields of a submission that is only shown.
func planFields() []output.Field[submitted] {
	type file struct {
		Name   string `json:"name"`
		Bytes  int64  `json:"bytes"`
		SHA256 string `json:"sha256"`
	}
	of := func(name string, title i18n.Text, value func(p *plan) any) output.Field[submitted] {
		return output.Field[submitted]{Name: name, Title: title, Value: func(s submitted) any {
			if s.plan == nil {
				return nil
			}
			return value(s.plan)
		}}
	}
	requests := of("requests", i18n.Text{RU: "Запросы", EN: "Requests"}, func(p *plan) any { return p.requests })
	files := of("files", i18n.Text{RU: "Файлы", EN: "Files"}, func(p *plan) any {
		m, h := make([]file, len(p.files)), make([]i18n.Message, len(p.files))
		for i, x := range p.files {
			m[i] = file{x.Name, x.Bytes, x.Digest()}
			h[i] = i18n.Text{RU: "%s, %d Б", EN: "%s, %d B"}.With(untrusted.Text(x.Name), x.Bytes)
		}
		return output.Dual{Machine: m, Human: h}
	})
	requests.Lines, files.Lines = true, true
	return []output.Field[submitted]{requests, files,
		of("archive", i18n.Text{RU: "Архив", EN: "Archive"}, func(p *plan) any { return p.archive }),
		of("archiveBytes", i18n.Text{RU: "Байт в архиве", EN: "Bytes of the archive"}, func(p *plan) any { return p.bytes }),
		of("archiveSha256", i18n.Text{RU: "SHA-256 архива", EN: "SHA-256 of the archive"}, func(p *plan) any { return p.sum }),
		of("chunks", i18n.Text{RU: "Частей", EN: "Parts"}, func(p *plan) any { return p.parts }),
		of("numberFilledIn", i18n.Text{RU: "Номер впишется", EN: "The number is filled in"}, func(p *plan) any { return p.fields }),
	}
}

// show writes the archive and says what would be sent.
func (o *createOptions) show(ctx context.Context, service cabinet.ServiceDetails, files []parcel.File) error {
	signer, err := o.sign.given(ctx)
	if err != nil {
		return err
	}
	at := o.own.archive
	if at == "" {
		at = service.Code + ".zip"
	}
	p := &plan{files: files, archive: at, parts: 1}
	for _, f := range files {
		p.fields = p.fields || f.NeedsNumber()
	}
	to, err := atomicfile.Create(at, 0o600)
	if err != nil {
		return fault.New(exitcode.Usage, "file.unwritable", i18n.Text{RU: "файл %s не записать", EN: "%s cannot be written"}.With(at)).Because(err)
	}
	defer to.Close()
	if p.sum, p.bytes, err = (applications.Content{ServiceCode: service.Code, Files: files}).WriteArchive(to, signer); err != nil {
		return err
	}
	if err := to.Commit(); err != nil {
		return err
	}
	chunk := int64(o.own.chunkMB) * 1_000_000
	if chunk == 0 {
		chunk = applications.ChunkBytes
	}
	meta := fmt.Sprintf(`{"region":%q,"serviceCode":%q,"targetCode":%q}`, service.Region, service.Code, service.TargetCode)
	switch service.Push {
	case "single":
		p.requests = []string{"POST " + gusmev.PathPush + " meta=" + meta}
	default:
		if o.own.order == 0 {
			p.requests = append(p.requests, "POST "+gusmev.PathOrder+" "+meta)
		}
		p.parts = int((p.bytes + chunk - 1) / chunk)
		p.requests = append(p.requests, fmt.Sprintf("POST %s meta=%s chunks=%d", gusmev.PathPushChunked, meta, p.parts))
	}
	p.requests = append(p.requests, "POST "+gusmev.PathOrderDetails)
	o.f.IO.Note(i18n.Text{RU: "Ничего не отправлено. Архив: %s", EN: "Nothing was sent. The archive: %s"}.With(untrusted.Text(at)))
	return output.Object(o.f.IO, &o.out, submittedView(o.f.Lang), submitted{service: service, plan: p})
}

// sent shows how much of a large archive is through.
func sent(f *factory.Factory) (progressed func(done, total int64), stop func()) {
	t := progress.Start(f.IO, i18n.Text{RU: "Отправка", EN: "Sending"}, progress.Options{Bytes: true, Clock: f.Clock})
	var last int64
	return func(done, all int64) {
		t.SetTotal(all)
		t.Add(done - last)
		last = done
	}, t.Stop
}
