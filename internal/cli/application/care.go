package application

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

func messageView() output.View[wire.Message] {
	return output.View[wire.Message]{Fields: []output.Field[wire.Message]{
		{Name: "at", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(m wire.Message) any { return m.At }},
		{Name: "from", Title: i18n.Text{RU: "Кто", EN: "From"}, Value: func(m wire.Message) any {
			who := i18n.Say("вы", "you")
			if m.From != "applicant" {
				who = i18n.Text{RU: "%s", EN: "%s"}.With(m.Name)
			}
			return output.Dual{Machine: m.From, Human: who}
		}, Wide: true},
		{Name: "text", Title: i18n.Text{RU: "Сообщение", EN: "Message"}, Value: func(m wire.Message) any { return m.Text }, Wide: true},
		{Name: "id", Title: i18n.Text{RU: "Номер", EN: "ID"}, Value: func(m wire.Message) any { return m.ID }},
	}, Default: []string{"at", "from", "text"}}
}

// maxTyped bounds a message that comes from standard input, bytes; the portal counts
// characters itself.
const maxTyped = 64 << 10

func newMessage(f *factory.Factory) *cobra.Command {
	var out output.Options
	var text string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "message НОМЕР", EN: "message NUMBER"}.In(f.Lang),
		Short: i18n.Text{RU: "Переписка с ведомством: прочитать или написать", EN: "Messages with the department: read or write"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Без --text показывает переписку по заявлению, с ним — отправляет сообщение. --wait ждёт ответа; если его всё нет — код 10.",
			EN: "Without --text it shows the correspondence about an application, with it a message is sent. --wait waits for the answer; when none comes the exit code is 10."}.In(f.Lang),
		Example: "  epgu application message 2350000001\n  epgu application message 2350000001 --text \"When will it be decided?\" --wait 1m",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := orderID(args[0])
			if err != nil {
				return err
			}
			if text == "-" {
				b, err := io.ReadAll(io.LimitReader(f.IO.In, maxTyped))
				if err != nil {
					return err
				}
				text = string(b)
			}
			if cmd.Flags().Changed("text") && strings.TrimSpace(text) == "" {
				return fault.New(exitcode.Usage, "flag.value", i18n.Say("--text: сообщение пусто", "--text: the message is empty"))
			}
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			if text != "" {
				key, err := uuid.NewV7()
				if err != nil {
					return err
				}
				if _, err := c.Cabinet.WriteMessage(ctx, id, key.String(), strings.TrimSpace(text)); err != nil {
					return err
				}
				f.IO.Note(i18n.Say("Отправлено.", "Sent."))
			}
			all, err := correspondence(ctx, f, c, id, wait)
			if all == nil && err != nil {
				return err
			}
			return errors.Join(output.List(f.IO, &out, messageView(), all, output.Page{Total: len(all)}), err)
		},
	}
	cmd.Flags().StringVarP(&text, "text", "t", "", i18n.Text{RU: "`сообщение`; «-» — со стандартного ввода", EN: "the `message`; - is standard input"}.In(f.Lang))
	cmd.Flags().DurationVar(&wait, "wait", 0, i18n.Text{RU: "ждать ответа не дольше, например 1m", EN: "wait for an answer no longer than this, such as 1m"}.In(f.Lang))
	output.AddFlags(cmd, &out, messageView(), f.Lang)
	return cmd
}

// correspondence reads the messages, and waits for an answer to the last one when
// asked to.
func correspondence(ctx context.Context, f *factory.Factory, c *factory.Connection, id int64, wait time.Duration) ([]wire.Message, error) {
	deadline := f.Clock.Now().Add(wait)
	for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
		all, err := c.Cabinet.Messages(ctx, id)
		if err != nil {
			return nil, err
		}
		answered := len(all) > 0 && all[len(all)-1].From != "applicant"
		if wait == 0 || answered {
			return all, nil
		}
		left := deadline.Sub(f.Clock.Now())
		if left <= 0 {
			return all, fault.New(exitcode.Pending, "application.no_answer", i18n.Say("ответа пока нет", "there is no answer yet")).
				AdviseRun(fmt.Sprintf("epgu application message %d", id))
		}
		// The portal's calendar moves while a status is waited for.
		began := f.Clock.Now()
		if _, err := c.Cabinet.Application(ctx, id, min(left, pause)); err != nil {
			return all, err
		}
		if rest := min(left, pause) - f.Clock.Now().Sub(began); rest > 0 {
			if err := f.Clock.Sleep(ctx, rest); err != nil {
				return all, err
			}
		}
	}
}

func versionView() output.View[wire.Version] {
	return output.View[wire.Version]{Fields: []output.Field[wire.Version]{
		{Name: "number", Title: i18n.Text{RU: "Версия", EN: "Version"}, Value: func(v wire.Version) any { return v.Number }},
		{Name: "at", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(v wire.Version) any { return v.At }},
		{Name: "origin", Title: i18n.Text{RU: "Что", EN: "What"}, Value: func(v wire.Version) any { return output.Dual{Machine: v.Origin, Human: originTitle(v.Origin)} }},
		{Name: "changed", Title: i18n.Text{RU: "Поля", EN: "Fields"}, Value: func(v wire.Version) any { return v.Changed }, Wide: true},
		{Name: "files", Title: i18n.Text{RU: "Файлы", EN: "Files"}, Value: func(v wire.Version) any { return v.Files }, Wide: true},
		{Name: "confirmedAt", Title: i18n.Text{RU: "Принято ведомством", EN: "Confirmed"}, Value: func(v wire.Version) any {
			if v.ConfirmedAt == nil {
				return nil
			}
			return *v.ConfirmedAt
		}},
		{Name: "values", Title: i18n.Text{RU: "Значения", EN: "Values"}, Value: func(v wire.Version) any {
			lines := make([]string, 0, len(v.Values))
			for _, name := range slices.Sorted(maps.Keys(v.Values)) {
				lines = append(lines, name+"="+v.Values[name])
			}
			return output.Dual{Machine: v.Values, Human: lines}
		}},
	}, Default: []string{"number", "at", "origin", "changed", "files", "confirmedAt"}}
}

func originTitle(origin string) i18n.Text {
	switch origin {
	case "sent":
		return i18n.Text{RU: "подано", EN: "sent"}
	case "mended":
		return i18n.Text{RU: "исправлено по просьбе ведомства", EN: "mended at the department's request"}
	case "changed":
		return i18n.Text{RU: "изменено", EN: "changed"}
	case "attached":
		return i18n.Text{RU: "приложен документ", EN: "a document attached"}
	case "reverted":
		return i18n.Text{RU: "возвращено к принятому", EN: "put back to what was confirmed"}
	}
	return i18n.Text{RU: origin, EN: origin}
}

func newVersions(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "versions НОМЕР", EN: "versions NUMBER"}.In(f.Lang),
		Short: i18n.Text{RU: "Каким заявление было: все изменения", EN: "What an application was: all its changes"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
	}
	id := int64(0)
	cmd.PreRunE = func(_ *cobra.Command, args []string) (err error) {
		id, err = orderID(args[0])
		return err
	}
	return listing.Command(f, cmd, listing.List[wire.Version]{View: versionView(), Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.Version, error) {
		v, err := c.Cabinet.Versions(ctx, id)
		if err != nil {
			return nil, err
		}
		return v.Items, nil
	})})
}

func newRevert(f *factory.Factory) *cobra.Command {
	var out output.Options
	var yes bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "revert НОМЕР", EN: "revert NUMBER"}.In(f.Lang),
		Short: i18n.Text{RU: "Вернуть заявление к последнему виду, который приняло ведомство", EN: "Put an application back to the last state that the department has confirmed"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Отменяет поля и документы, изменённые с тех пор. Отменённое остаётся в epgu application versions.",
			EN: "Undoes the fields and documents that were changed since. What is undone stays in epgu application versions."}.In(f.Lang),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := orderID(args[0])
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			v, err := c.Cabinet.Versions(ctx, id)
			if err != nil {
				return err
			}
			if !yes {
				fields, files := undone(v.Items)
				sure, err := prompt.New(f.IO).Confirm(ctx, prompt.Question{Flag: "--yes",
					Label: i18n.Text{RU: "Вернуть заявление № %d? Отменится: поля — %s; файлы — %s.", EN: "Put application no. %d back? This is undone: fields %s; files %s."}.With(id, fields, files)}, false)
				if err != nil {
					return err
				}
				if !sure {
					return fault.New(exitcode.Usage, "prompt.not_confirmed", i18n.Say("не подтверждено, ничего не сделано", "not confirmed, nothing was done"))
				}
			}
			if v, err = c.Cabinet.RevertApplication(ctx, id, v.ETag); err != nil {
				return err
			}
			f.IO.Note(i18n.Text{RU: "Заявление № %d возвращено к принятому виду.", EN: "Application no. %d is back to what was confirmed."}.With(id))
			return output.Object(f.IO, &out, versionView(), v.Items[len(v.Items)-1])
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "не спрашивать", EN: "do not ask"}.In(f.Lang))
	output.AddFlags(cmd, &out, versionView(), f.Lang)
	return cmd
}

// undone names what was changed since the last confirmed version.
func undone(all []wire.Version) (fields, files string) {
	names := map[bool]map[string]bool{true: {}, false: {}}
	for _, v := range all {
		if v.ConfirmedAt != nil {
			clear(names[true])
			clear(names[false])
			continue
		}
		for _, n := range v.Changed {
			names[true][n] = true
		}
		for _, n := range v.Files {
			names[false][n] = true
		}
	}
	list := func(set map[string]bool) string {
		if len(set) == 0 {
			return "—"
		}
		return strings.Join(slices.Sorted(maps.Keys(set)), ", ")
	}
	return list(names[true]), list(names[false])
}

func newAttach(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "attach НОМЕР|ЧЕРНОВИК имя=ФАЙЛ…", EN: "attach NUMBER|DRAFT name=FILE…"}.In(f.Lang),
		Short: i18n.Text{RU: "Приложить документ к заявлению или черновику", EN: "Attach a document to an application or a draft"}.In(f.Lang),
		Long: i18n.Text{
			RU: "К поданному заявлению документ можно приложить, если о нём попросило ведомство (тогда имя можно не называть) или пока документы не проверены. Файл с тем же именем заменяется, прежний остаётся в версиях. К черновику файлы запоминаются на этой машине и уйдут с заявлением.\nФайлы проверяются по содержимому: вид, размер, точки картинки.",
			EN: "A document goes to a submitted application when the department has asked for one (its name may be left out then), or until the documents are checked. A file of the same name is replaced, the earlier one stays among the versions. Of a draft, the files are remembered on this machine and go with the application.\nFiles are checked by their content: kind, size, pixels of a picture."}.In(f.Lang),
		Example: "  epgu application attach 2350000001 spravka.pdf\n  epgu application attach 2350000001 evidence=letter.pdf",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if id, err := orderID(args[0]); err == nil {
				c, err := f.Connect(ctx)
				if err != nil {
					return err
				}
				v, err := attachTo(ctx, f, c, id, args[1:])
				if err != nil {
					return err
				}
				return output.Object(f.IO, &out, versionView(), v)
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			o, err := openDraft(ctx, f, c, args[0])
			if err != nil {
				return err
			}
			files := c.Drafts.Files(o.keeper.id)
			if files == nil {
				files = map[string]string{}
			}
			checked, err := applications.CheckGiven(args[1:], o.keeper.service.Documents)
			if err != nil {
				return err
			}
			for _, a := range checked {
				if files[a.Name], err = filepath.Abs(a.Path); err != nil {
					return err
				}
			}
			if err := c.Drafts.KeepFiles(o.keeper.id, files); err != nil {
				return err
			}
			f.IO.Note(i18n.Text{RU: "К черновику приложено: %s. Подать: epgu application submit %s", EN: "Attached to the draft: %s. Submit it: epgu application submit %s"}.With(strings.Join(slices.Sorted(maps.Keys(files)), ", "), o.keeper.id))
			return nil
		},
	}
	output.AddFlags(cmd, &out, versionView(), f.Lang)
	return cmd
}

// attachTo sends documents to an application that is with the department, one by one,
// and returns its last version.
func attachTo(ctx context.Context, f *factory.Factory, c *factory.Connection, id int64, given []string) (wire.Version, error) {
	a, err := c.Cabinet.Application(ctx, id, 0)
	if err != nil {
		return wire.Version{}, err
	}
	service, err := c.Catalog.View(ctx, a.Service)
	if err != nil {
		return wire.Version{}, err
	}
	documents := service.Documents
	if w := a.Wanted; w != nil {
		documents = slices.Clone(documents)
		if !slices.ContainsFunc(documents, func(d wire.Document) bool { return d.Name == w.Document }) {
			documents = append(documents, wire.Document{Name: w.Document, Title: w.Title, Types: []string{"application/pdf", "image/jpeg", "image/png"}})
		}
		if len(given) == 1 && !strings.Contains(given[0], "=") { // what else would it be
			given = []string{w.Document + "=" + given[0]}
		}
	}
	checked, err := applications.CheckGiven(given, documents)
	if err != nil {
		return wire.Version{}, err
	}
	tellHints(f, checked)
	var last *cabinet.Versions
	for _, file := range checked {
		content, err := os.ReadFile(file.Path)
		if err != nil {
			return wire.Version{}, err
		}
		if last, err = c.Cabinet.AddDocument(ctx, id, wire.DocumentInput{Document: file.Name, FileName: file.File, Content: content}); err != nil {
			return wire.Version{}, err
		}
		f.IO.Note(i18n.Text{RU: "Приложено к заявлению № %d: %s", EN: "Attached to application no. %d: %s"}.With(id, file.File))
	}
	return last.Items[len(last.Items)-1], nil
}

func ratingView() output.View[wire.Rating] {
	return output.View[wire.Rating]{Fields: []output.Field[wire.Rating]{
		{Name: "score", Title: i18n.Text{RU: "Оценка", EN: "Score"}, Value: func(r wire.Rating) any { return r.Score }},
		{Name: "text", Title: i18n.Text{RU: "Отзыв", EN: "Comment"}, Value: func(r wire.Rating) any { return r.Text }},
		{Name: "at", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(r wire.Rating) any { return r.At }},
	}}
}

func newRate(f *factory.Factory) *cobra.Command {
	var out output.Options
	var in wire.RatingInput
	cmd := &cobra.Command{
		Use:     i18n.Text{RU: "rate НОМЕР", EN: "rate NUMBER"}.In(f.Lang),
		Short:   i18n.Text{RU: "Оценить, как оказали услугу", EN: "Rate how the service was rendered"}.In(f.Lang),
		Example: "  epgu application rate 2350000001 --score 5 --text \"quick\"",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := orderID(args[0])
			if err != nil {
				return err
			}
			if in.Score < 1 || in.Score > 5 {
				return fault.New(exitcode.Usage, "flag.value", i18n.Say("--score: нужна оценка от 1 до 5", "--score: a score from 1 to 5 is needed"))
			}
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			r, err := c.Cabinet.RateApplication(cmd.Context(), id, in)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, ratingView(), *r)
		},
	}
	cmd.Flags().IntVar(&in.Score, "score", 0, i18n.Text{RU: "`оценка` от 1 до 5", EN: "the `score`, 1 to 5"}.In(f.Lang))
	cmd.Flags().StringVarP(&in.Text, "text", "t", "", i18n.Text{RU: "`отзыв`, до 1000 знаков", EN: "a `comment`, up to 1000 characters"}.In(f.Lang))
	output.AddFlags(cmd, &out, ratingView(), f.Lang)
	return cmd
}

func indicatorTitle(s string) i18n.Text {
	switch s {
	case "in-time":
		return i18n.Text{RU: "● в срок", EN: "● in time"}
	case "soon":
		return i18n.Text{RU: "◐ срок подходит", EN: "◐ the term is near"}
	case "overdue":
		return i18n.Text{RU: "○ срок прошёл", EN: "○ overdue"}
	case "waiting":
		return i18n.Text{RU: "… ждёт заявителя", EN: "… waits for the applicant"}
	case "done":
		return i18n.Text{RU: "✓ оказано", EN: "✓ rendered"}
	case "refused":
		return i18n.Text{RU: "✗ отказано", EN: "✗ refused"}
	case "withdrawn":
		return i18n.Text{RU: "– отозвано", EN: "– withdrawn"}
	}
	return i18n.Text{RU: s, EN: s}
}

func publicView() output.View[wire.PublicApplication] {
	type entry = wire.PublicApplication
	return output.View[entry]{Fields: []output.Field[entry]{
		{Name: "indicator", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(e entry) any {
			return output.Dual{Machine: e.Indicator, Human: indicatorTitle(e.Indicator)}
		}},
		{Name: "orderId", Title: i18n.Text{RU: "Номер", EN: "Number"}, Value: func(e entry) any { return e.OrderID }},
		{Name: "service", Title: i18n.Text{RU: "Код услуги", EN: "Service code"}, Value: func(e entry) any { return e.Service }},
		{Name: "serviceTitle", Title: i18n.Text{RU: "Услуга", EN: "Service"}, Value: func(e entry) any { return e.ServiceTitle }, Wide: true},
		{Name: "department", Title: i18n.Text{RU: "Ведомство", EN: "Department"}, Value: func(e entry) any { return e.Department }, Wide: true},
		{Name: "region", Title: i18n.Text{RU: "Регион", EN: "Region"}, Value: func(e entry) any { return e.Region }},
		{Name: "receivedOn", Title: i18n.Text{RU: "Поступило", EN: "Received"}, Value: func(e entry) any { return e.ReceivedOn }},
		{Name: "statusId", Title: i18n.Text{RU: "Код статуса", EN: "Status code"}, Value: func(e entry) any { return e.StatusID }},
		{Name: "status", Title: i18n.Text{RU: "Статус", EN: "Status"}, Value: func(e entry) any { return e.StatusTitle }, Wide: true},
		{Name: "expectedAt", Title: i18n.Text{RU: "Срок", EN: "Term"}, Value: func(e entry) any {
			if e.ExpectedAt == nil {
				return nil
			}
			return *e.ExpectedAt
		}},
	}, Default: []string{"indicator", "orderId", "serviceTitle", "region", "receivedOn", "status"}}
}

func newPublic(f *factory.Factory) *cobra.Command {
	var filter applications.Filter
	var id int64
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "public [НОМЕР]", EN: "public [NUMBER]"}.In(f.Lang),
		Short: i18n.Text{RU: "Общий реестр заявлений: что в срок, что просрочено", EN: "The public register of applications: what is in time, what is overdue"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Все заявления портала без имён заявителей. Вход не нужен.",
			EN: "All applications of the portal, without the names of applicants. No sign-in is needed."}.In(f.Lang),
		Args: cobra.MaximumNArgs(1),
		PreRunE: func(_ *cobra.Command, args []string) (err error) {
			if len(args) == 1 {
				if id, err = orderID(args[0]); err != nil {
					return err
				}
			}
			return filter.Check()
		},
	}
	filterFlags(f, cmd, &filter)
	return listing.Command(f, cmd, listing.List[wire.PublicApplication]{View: publicView(), Limit: 30,
		Get: listing.Paged(func(ctx context.Context, c *factory.Connection, q cabinet.PageQuery) (*wire.Page[wire.PublicApplication], error) {
			return c.Cabinet.PublicApplications(ctx, filter.Query(q), id)
		})})
}
