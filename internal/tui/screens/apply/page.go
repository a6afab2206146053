package apply

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/ui/width"
)

type rowKind int

const (
	rowText  rowKind = iota // is only read
	rowHead                 // a heading
	rowField                // of the form
	rowList                 // the heading of a repeated group
	rowItem                 // of one
	rowFile                 // a document
	rowLink                 // does something, or leads somewhere
)

// row is one line of a page that a person may stand on.
type row struct {
	kind  rowKind
	path  string
	depth int
	title string
	value string
	role  theme.Role
	entry forms.Entry
	doc   wire.Document
	to    string // leads to the row of this path
	do    func(e *screen.Env) tea.Cmd
}

// chosen reports whether the cursor may stand on the row.
func (r row) chosen() bool { return r.kind > rowHead }

// choices reports whether a field is answered by choosing.
func choices(e forms.Entry) bool {
	return e.Kind == forms.KindField && e.Field.Computed == nil && (len(e.Field.Options) > 0 || e.Field.Dictionary != nil)
}

// inline reports whether a row is answered by typing on it.
func (r row) inline() bool {
	return r.kind == rowFile || r.kind == rowField && r.entry.Field.Computed == nil && r.entry.Field.Type != "boolean" && !choices(r.entry)
}

// fileKey is the path by which the row of a document is known.
func fileKey(d wire.Document) string { return "attach " + d.Name }

// document is the document whose row has this path.
func (w *wizard) document(path string) (wire.Document, bool) {
	for _, d := range w.seen.docs {
		if fileKey(d) == path {
			return d, true
		}
	}
	return wire.Document{}, false
}

// papers are the documents that the person is shown: those that go with the answers,
// and those of which a file is there already.
func (w *wizard) papers() []wire.Document {
	var out []wire.Document
	for _, d := range w.seen.docs {
		if _, given := w.files[d.Name]; given || w.seen.going[d.Name] {
			out = append(out, d)
		}
	}
	return out
}

// pages is how many there are: steps, files when any are taken, the review.
func (w *wizard) pages() int {
	n := len(w.seen.steps) + 1
	if len(w.papers()) > 0 {
		n++
	}
	return n
}

func (w *wizard) onFiles() bool { return w.page == len(w.seen.steps) && len(w.papers()) > 0 }

func (w *wizard) current() (row, bool) {
	if w.cursor < 0 || w.cursor >= len(w.rows) || !w.rows[w.cursor].chosen() {
		return row{}, false
	}
	return w.rows[w.cursor], true
}

// pageTitle names a page.
func (w *wizard) pageTitle(e *screen.Env, i int) string {
	switch {
	case i < len(w.seen.steps):
		if t := w.seen.steps[i].Title.String(); t != "" {
			return t
		}
		return e.T("Заявление", "Application")
	case i == w.pages()-1:
		return e.T("Проверка и подача", "Review and submission")
	}
	return e.T("Файлы", "Files")
}

// lay lays out the rows of the page in force. The cursor stays on its row.
func (w *wizard) lay(e *screen.Env) {
	path := ""
	if r, ok := w.current(); ok {
		path = r.path
	}
	w.page = max(0, min(w.page, w.pages()-1))
	w.rows, w.lang = nil, e.Lang
	switch {
	case w.page < len(w.seen.steps):
		w.layStep(w.seen.steps[w.page])
	case w.onFiles():
		for _, d := range w.papers() {
			w.rows = append(w.rows, row{kind: rowFile, path: fileKey(d), title: d.Title.String(), doc: d, value: w.files[d.Name].path})
		}
	default:
		w.layReview(e)
	}
	if w.page < w.pages()-1 {
		w.rows = append(w.rows, row{kind: rowLink, path: "next", title: e.T("Дальше: ", "Next: ") + w.pageTitle(e, w.page+1), do: func(e *screen.Env) tea.Cmd { return w.turn(e, 1) }})
	}
	if path != "" {
		w.focus(path)
	}
	w.cursor = max(0, min(w.cursor, len(w.rows)-1))
	for w.cursor < len(w.rows)-1 && !w.rows[w.cursor].chosen() {
		w.cursor++
	}
}

func (w *wizard) layStep(s forms.Step) {
	for _, x := range s.Entries {
		r := row{path: x.Path, depth: x.Depth, title: x.Field.Title.String(), entry: x}
		switch x.Kind {
		case forms.KindGroup:
			r.kind = rowHead
		case forms.KindList:
			r.kind = rowList
		case forms.KindItem:
			r.kind = rowItem
			if x.Field.Item != "" {
				r.title = x.Field.Item.String()
			}
			r.title = fmt.Sprintf("%s %d", r.title, x.Number)
		default:
			r.kind, r.value = rowField, x.Text
			if t := w.seen.titles[x.Path]; t != "" && !x.Field.Secret {
				r.value = t
			}
		}
		w.rows = append(w.rows, r)
	}
}

func (w *wizard) layReview(e *screen.Env) {
	task := w.data.Value.task
	head := func(ru, en string) { w.rows = append(w.rows, row{kind: rowHead, title: e.T(ru, en)}) }
	text := func(role theme.Role, s string) {
		w.rows = append(w.rows, row{kind: rowText, title: s, role: role, depth: 1})
	}
	if !w.checked {
		text(theme.Muted, e.T("Проверяем…", "Checking…"))
	}
	if n := len(w.problems); n > 0 {
		head("Что исправить", "To be mended")
		for _, f := range w.problems {
			to, what := w.wrongAs(e, f)
			w.rows = append(w.rows, row{kind: rowLink, path: "wrong " + f.Name, to: to, depth: 1, role: theme.Bad, title: "! " + what})
		}
	}
	if w.seen.unread != nil {
		text(theme.Warning, e.Say(messageOf(w.seen.unread)))
	}
	for _, r := range w.seen.review {
		title := r.Title.String()
		if r.Number > 0 {
			title = fmt.Sprintf("%s %d", title, r.Number)
		}
		switch {
		case r.Path == "":
			w.rows = append(w.rows, row{kind: rowHead, title: title})
		case r.Text == "":
			w.rows = append(w.rows, row{kind: rowText, title: title, depth: r.Depth})
		default:
			w.rows = append(w.rows, row{kind: rowLink, path: "see " + r.Path, to: r.Path, title: title, value: w.yesNo(e, r.Path, r.Text), depth: r.Depth})
		}
	}
	if papers := w.papers(); len(papers) > 0 {
		head("Файлы", "Files")
		for _, d := range papers {
			w.rows = append(w.rows, row{kind: rowLink, path: "see " + fileKey(d), to: fileKey(d), title: d.Title.String(), value: w.fileText(e, d), depth: 1})
		}
	}
	head("Подача", "Submission")
	text(theme.Strong, e.Say(w.feeText()))
	if task.Service.Signature == "qualified" {
		text(theme.Plain, e.T("Каждый файл подпишет квалифицированная подпись: сертификат и PIN спросим при подаче.", "A qualified signature signs each file: certificate and PIN are asked for at the submission."))
	}
	text(theme.Muted, e.T("То же командой: ", "The same as: ")+w.command())
	w.rows = append(w.rows, row{kind: rowLink, path: "submit", title: e.T("Подать заявление", "Submit the application"), do: w.submit})
}

// wrongAs is the path of the row to which a fault leads, and the fault in words: by what
// the page calls the field, not by its name in files and flags.
func (w *wizard) wrongAs(e *screen.Env, f fault.Field) (to, what string) {
	what = e.Say(f.Message)
	for _, d := range w.seen.docs {
		if d.Name != f.Name {
			continue
		}
		if _, given := w.files[d.Name]; !given {
			what = e.Say(i18n.Text{RU: "не приложен файл: %s", EN: "no file attached: %s"}.With(d.Title))
		}
		return fileKey(d), what
	}
	title := f.Name
	if fd, ok := w.desk.x.Form().Field(f.Name); ok && fd.Title != "" {
		title = fd.Title.String()
	}
	if !strings.Contains(what, title) {
		what = title + ": " + what
	}
	return f.Name, what
}

// yesNo writes a boolean as people read it.
func (w *wizard) yesNo(e *screen.Env, path, text string) string {
	if f, ok := w.desk.x.Form().Field(path); !ok || f.Type != "boolean" || len(f.Options) > 0 {
		return text
	}
	if text == "true" {
		return e.T("да", "yes")
	}
	return e.T("нет", "no")
}

func (w *wizard) fileText(e *screen.Env, d wire.Document) string {
	f, ok := w.files[d.Name]
	if !ok {
		if d.Required {
			return e.T("не приложен", "not attached")
		}
		return "—"
	}
	return fmt.Sprintf("%s · %s · %s", applications.Formats([]string{f.kept.Type}), e.Say(sizeText(f.kept.Bytes)), f.path)
}

// sizeText writes the size of a file, bytes.
func sizeText(n int64) i18n.Localised {
	if n < 1_000_000 {
		return i18n.Text{RU: "%d кБ", EN: "%d kB"}.With((n + 999) / 1000)
	}
	return i18n.Text{RU: "%.1f МБ", EN: "%.1f MB"}.With(float64(n) / 1e6)
}

// feeText names what the application costs.
func (w *wizard) feeText() i18n.Localised {
	kopecks := w.data.Value.task.Service.FeeKopecks
	if w.seen.fee != nil {
		kopecks = w.seen.fee.Kopecks
	}
	if kopecks == 0 {
		return i18n.Say("Пошлины нет.", "There is no fee.")
	}
	return i18n.Text{RU: "Пошлина %s: её платят после подачи, сейчас ничего не спишется.", EN: "The fee is %s: it is paid after the submission, nothing is charged now."}.With(i18n.Money(kopecks))
}

// focus puts the cursor on the row of a path.
func (w *wizard) focus(path string) bool {
	for i, r := range w.rows {
		if r.path == path && r.chosen() {
			w.cursor = i
			return true
		}
	}
	return false
}

// jump shows the row of a path, on whatever page it is; of a path without a row
// the nearest above it.
func (w *wizard) jump(e *screen.Env, path string) {
	if _, ok := w.document(path); ok {
		w.show(e, len(w.seen.steps))
		w.focus(path)
		w.edit(e)
		return
	}
	for {
		for i, s := range w.seen.steps {
			for _, x := range s.Entries {
				if x.Path == path && (x.Kind != forms.KindGroup) {
					w.show(e, i)
					w.focus(path)
					w.edit(e)
					return
				}
			}
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return
		}
		path = path[:cut]
	}
}

// edit puts the text of the row under the cursor into the field.
func (w *wizard) edit(*screen.Env) {
	r, ok := w.current()
	if !ok || !r.inline() {
		w.editing, w.was = "", ""
		return
	}
	if w.editing == r.path && w.field.Value() != w.was && w.wrongAt == r.path {
		return // what was typed and does not fit stays to be mended
	}
	w.editing, w.was = r.path, r.value
	w.field = kit.Field{}
	if r.kind == rowField && r.entry.Field.Secret {
		w.was, w.field.Secret = "", true
	}
	w.field.Set(w.was)
	w.was = w.field.Value()
}

// Draw draws the page.
func (w *wizard) Draw(e *screen.Env, size view.Size) view.Frame {
	w.caret, w.lines = false, nil
	if w.desk == nil {
		return view.Frame{}.Fit(size)
	}
	if w.state != filling {
		return w.drawAfter(e, size)
	}
	if w.lang != e.Lang { // the rows have texts of their own
		w.lay(e)
	}
	out := w.heading(e, size.W)
	room := max(size.H-len(out), 1)
	if w.cursor < w.top {
		w.top = w.cursor
		for w.top > 0 && !w.rows[w.top-1].chosen() { // a heading is seen with what it heads
			w.top--
		}
	}
	w.top = max(w.top, w.cursor-room)
	for ; ; w.top++ {
		body, whole := w.body(e, view.Size{W: size.W, H: room})
		if whole || w.top >= w.cursor {
			for range out {
				w.lines = append([]int{-1}, w.lines...)
			}
			w.y += len(out)
			return append(out, body...).Fit(size)
		}
	}
}

// heading says which page it is and how the draft stands.
func (w *wizard) heading(e *screen.Env, cols int) view.Frame {
	task := w.data.Value.task
	left := view.Of(view.Text(theme.Strong, e.Say(i18n.Text{RU: " Шаг %d из %d. ", EN: " Step %d of %d. "}.With(w.page+1, w.pages()))+w.pageTitle(e, w.page)))
	right := ""
	if n := w.missing(); n > 0 {
		right = e.Say(i18n.Text{RU: "* обязательно, не заполнено: %d ", EN: "* required, not filled: %d "}.With(n))
	}
	out := view.Frame{view.Both(left, view.Of(view.Text(theme.Muted, right)), cols)}
	role, kept := theme.Muted, ""
	switch {
	case w.saveErr != nil:
		role, kept = theme.Bad, e.T("! Черновик не сохранён: ", "! The draft is not kept: ")+e.Say(messageOf(w.saveErr))
	case w.saving || w.dirty:
		kept = e.T("Черновик сохраняется…", "The draft is being kept…")
	case w.draft.ID != "":
		kept = e.T("Черновик сохранён ", "The draft is kept as of ") + e.Moment(w.draft.At)
		if w.draft.Version != "" && w.draft.Version != w.desk.x.Form().Version {
			kept += e.T("; форма с тех пор изменилась — проверьте ответы", "; the form has changed since: check the answers")
		}
	default:
		kept = e.T("Ответы сохраняются в черновике сами.", "Answers are kept in a draft by themselves.")
		if n := len(w.templates()); n > 0 {
			kept += e.Say(i18n.Text{RU: " Шаблонов: %d, Ctrl-T.", EN: " Templates: %d, Ctrl-T."}.With(n))
		}
	}
	out = append(out, view.Say(role, " "+kept))
	if task.TooLow != nil {
		out = append(out, view.Wrap(theme.Warning, " ! "+e.Say(messageOf(task.TooLow)), cols)...)
	}
	if task.Open.State != "" {
		out = append(out, view.Wrap(theme.Warning, " ! "+e.Say(openText()), cols)...)
	}
	return append(out, view.Blank())
}

// missing is how much of the page in force has to be answered and is not yet.
func (w *wizard) missing() (n int) {
	switch {
	case w.page < len(w.seen.steps):
		return w.seen.steps[w.page].Missing
	case w.onFiles():
		for _, d := range w.seen.docs {
			if _, given := w.files[d.Name]; d.Required && !given {
				n++
			}
		}
	}
	return n
}

func openText() i18n.Localised {
	return i18n.Say("О прежнем заявлении на эту услугу неизвестно, дошло ли оно. Подайте то же самое, не меняя ответов и файлов: это спросит портал и второго не создаст.",
		"It is not known whether an earlier application for this service arrived. Submit the same again, answers and files unchanged: that asks the portal and makes no second one.")
}

// body draws rows from top on; whole says that the row under the cursor is seen
// whole.
func (w *wizard) body(e *screen.Env, size view.Size) (out view.Frame, whole bool) {
	w.lines, w.caret = nil, false
	for i := w.top; i < len(w.rows) && len(out) < size.H; i++ {
		r := w.rows[i]
		lines := w.draw(e, r, i == w.cursor, size.W, len(out))
		for range lines {
			w.lines = append(w.lines, i)
		}
		out = append(out, lines...)
		if i == w.cursor {
			whole = len(out) <= size.H
		}
	}
	return out, whole
}

// The columns of a row.
const (
	mostLabel = 38 // columns of a title
	narrow    = 56 // below that a value stands under its title
)

func (w *wizard) draw(e *screen.Env, r row, here bool, cols, y int) view.Frame {
	mark := "  "
	if here {
		mark = "› "
	}
	indent := strings.Repeat("  ", min(r.depth, 4))
	base := theme.Plain
	if here {
		base = theme.Selected
	}
	var out view.Frame
	var below []view.Frame
	switch r.kind {
	case rowText:
		for _, l := range view.Wrap(r.role, r.title, max(cols-3-width.String(indent), 8)) {
			out = append(out, view.Of(view.Text(theme.Plain, mark+indent)).With(l.Spans...))
		}
		return out
	case rowHead:
		out = view.Frame{view.Of(view.Text(theme.Accent, mark+indent+r.title))}
		if y > 0 {
			out = append(view.Frame{view.Blank()}, out...)
		}
		return out
	case rowItem:
		out = view.Frame{view.Of(view.Text(theme.Strong, mark+indent+r.title)).On(base)}
		if here && r.entry.CanDrop {
			below = append(below, view.Frame{view.Say(theme.Muted, e.T("Ctrl-X — убрать", "Ctrl-X removes it"))})
		}
	case rowList:
		title := r.title
		if r.entry.Required {
			title += " *"
		}
		add := ""
		if r.entry.CanAdd {
			add = e.T("  + добавить", "  + add")
		}
		out = view.Frame{view.Of(view.Text(theme.Accent, mark+indent+title), view.Text(theme.Plain, add)).On(base)}
		if here && r.entry.CanAdd {
			below = append(below, view.Frame{view.Say(theme.Muted, e.T("Enter — добавить", "Enter adds one"))})
		}
	case rowLink:
		if r.value == "" {
			arrow := "→ "
			if strings.HasPrefix(r.title, "! ") {
				arrow = ""
			}
			for i, l := range view.Wrap(r.role, arrow+r.title, max(cols-2-width.String(indent), 8)) {
				lead := mark
				if i > 0 {
					lead = "  "
				}
				out = append(out, view.Of(view.Text(theme.Plain, lead+indent)).With(l.Spans...).On(base))
			}
			return out
		}
		return w.labelled(r, mark+indent, r.title, view.Of(view.Text(theme.Plain, r.value)), base, cols)
	default:
		return w.answered(e, r, here, mark+indent, base, cols, y)
	}
	for _, f := range below {
		for _, l := range f {
			out = append(out, view.Of(view.Text(theme.Plain, "    "+indent)).With(l.Spans...))
		}
	}
	return out
}

// labels is how wide the titles of a page are.
func labels(cols int) int { return min(mostLabel, cols*2/5) }

// labelled puts a value beside its title, or under it where there is no room.
func (w *wizard) labelled(r row, lead, title string, value view.Line, base theme.Role, cols int) view.Frame {
	if cols < narrow {
		return view.Frame{view.Of(view.Text(theme.Plain, lead+title)).On(base).Fit(cols), view.Of(view.Text(theme.Plain, "    ")).With(value.Spans...).Fit(cols)}
	}
	n := labels(cols)
	label := width.Left(width.Truncate(view.Text(theme.Plain, lead+title).Text, n), n) + "  "
	return view.Frame{view.Of(view.Text(theme.Plain, label)).With(value.Spans...).On(base).Fit(cols)}
}

// answered draws a field or a document with its value, and under the one with the
// cursor whatever helps to answer it.
func (w *wizard) answered(e *screen.Env, r row, here bool, lead string, base theme.Role, cols, y int) view.Frame {
	title, required := r.title, r.entry.Required
	if r.kind == rowFile {
		required = r.doc.Required
	}
	if required {
		title += " *"
	}
	x := labels(cols) + 2
	if cols < narrow {
		x = 4
	}
	room := max(cols-x-1, 4)
	var value view.Line
	switch {
	case here && r.inline():
		line, at := w.field.Draw(min(room, 60), true)
		value = line
		w.caret, w.x, w.y = true, x+at, y
		if cols < narrow {
			w.y++
		}
		base = theme.Plain // the field itself shows where one is
	case r.kind == rowField && r.entry.Field.Type == "boolean":
		mark := map[string]string{"true": "[x] ", "false": "[ ] "}[fmt.Sprint(r.entry.Value)]
		text := map[string]string{"true": e.T("да", "yes"), "false": e.T("нет", "no")}[fmt.Sprint(r.entry.Value)]
		if mark == "" {
			mark, text = "[ ] ", "—"
		}
		value = view.Of(view.Text(theme.Plain, mark+text))
	case r.kind == rowFile:
		value = view.Of(view.Text(theme.Plain, w.fileText(e, r.doc)))
	case r.value == "" && choices(r.entry):
		value = view.Of(view.Text(theme.Muted, e.T("— выбрать ▾", "— choose ▾")))
	case r.value == "":
		value = view.Of(view.Text(theme.Muted, "—"))
	default:
		value = view.Of(view.Text(theme.Plain, r.value))
		if choices(r.entry) {
			value = value.With(view.Text(theme.Muted, " ▾"))
		}
	}
	if !here && r.entry.Source != "" {
		value = value.With(view.Text(theme.Muted, "  ← "+r.entry.Source.String()))
	}
	if !here && !r.entry.Problem.IsZero() {
		value = value.With(view.Text(theme.Bad, "  ! "+e.Say(r.entry.Problem)))
	}
	out := w.labelled(r, lead, title, value, base, cols)
	if !here {
		return out
	}
	tell := func(role theme.Role, s string) {
		for _, l := range view.Wrap(role, s, room) {
			out = append(out, view.Of(view.Text(theme.Plain, strings.Repeat(" ", x))).With(l.Spans...))
		}
	}
	switch {
	case w.wrongAt == r.path && w.wrong != nil:
		tell(theme.Bad, "! "+e.Say(w.wrong))
	case !r.entry.Problem.IsZero():
		tell(theme.Bad, "! "+e.Say(r.entry.Problem))
	}
	if width.String(lead+title) > labels(cols) && cols >= narrow {
		tell(theme.Muted, title)
	}
	switch f := r.entry.Field; {
	case r.kind == rowFile:
		tell(theme.Muted, e.Say(i18n.Text{RU: "%s, до %d МБ. Путь можно набрать, вставить или перетащить; Ctrl-L — найти", EN: "%s, up to %d MB. The path may be typed, pasted or dropped; Ctrl-L finds it"}.
			With(applications.Formats(r.doc.Types), max(r.doc.MaxBytes>>20, 1))))
		if got, ok := w.files[r.doc.Name]; ok {
			tell(theme.Good, e.T("✓ подходит: ", "✓ it fits: ")+applications.Formats([]string{got.kept.Type})+", "+e.Say(sizeText(got.kept.Bytes)))
		}
	case f.Computed != nil:
		tell(theme.Muted, e.T("считается само", "reckoned by itself"))
	default:
		if f.Hint != "" {
			tell(theme.Muted, f.Hint.String())
		}
		if !r.entry.Example.IsZero() && !choices(r.entry) {
			tell(theme.Muted, e.T("например, ", "for example ")+e.Say(r.entry.Example))
		}
		if choices(r.entry) {
			tell(theme.Muted, e.T("Enter или буквы — выбрать из списка", "Enter or letters choose from the list"))
		}
		if f.Type == "boolean" {
			tell(theme.Muted, e.T("пробел — да или нет", "Space says yes or no"))
		}
	}
	if r.entry.Source != "" {
		tell(theme.Muted, e.T("подставлено: ", "filled in from: ")+r.entry.Source.String())
	}
	return out
}

// Click goes to a row; a click on the row under the cursor is Enter.
func (w *wizard) Click(e *screen.Env, _, y int) tea.Cmd {
	if y < 0 || y >= len(w.lines) || w.lines[y] < 0 || w.lines[y] >= len(w.rows) || !w.rows[w.lines[y]].chosen() {
		return nil
	}
	i := w.lines[y]
	if i == w.cursor {
		if w.rows[i].inline() {
			return nil
		}
		return w.enter(e, w.rows[i])
	}
	path := w.rows[i].path
	return w.commit(e, func(e *screen.Env) tea.Cmd {
		w.focus(path)
		w.edit(e)
		return nil
	})
}

// Scroll goes from row to row.
func (w *wizard) Scroll(e *screen.Env, lines int) tea.Cmd {
	if w.desk == nil || w.state != filling {
		return nil
	}
	step := 1
	if lines < 0 {
		step = -1
	}
	return w.commit(e, w.moving(step))
}
