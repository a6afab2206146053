package registers

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// The cells of a row of a plan.
const (
	cellN       = iota
	cellStatus  // planfile.Status
	cellTitle   // УИН, else the payee
	cellAsked   // kopecks in the register, 0 when it left the sum to the charge
	cellKopecks // to pay
	cellWhyRU   // why it is not paid, and what differs
	cellWhyEN
	cellLine // in the file
)

// planRows are the rows of a plan, in little memory.
type planRows struct{ all, differing *rows.Rows }

func (p *planRows) add(r *planfile.Row) {
	title := r.UIN
	if title == "" && r.Payee != nil {
		title = r.Payee.Name
	}
	var ru, en []string
	say := func(m i18n.Localised) {
		if text := m.In(i18n.RU); !strings.Contains(strings.Join(ru, "; "), text) { // a reason may name what differs
			ru, en = append(ru, text), append(en, m.In(i18n.EN))
		}
	}
	if why := r.Reason(); why != nil {
		say(why)
	}
	for i := range r.Differs {
		say(r.Differs[i].Words())
	}
	for _, w := range r.Warn {
		say(workflow.WarningTitle(w))
	}
	cells := []string{strconv.Itoa(r.N), string(r.Status), title, strconv.FormatInt(r.Asked, 10), strconv.FormatInt(r.Kopecks, 10), strings.Join(ru, "; "), strings.Join(en, "; "), strconv.Itoa(r.Line)}
	p.all.Append(cells...)
	if r.Status != planfile.Pay || len(ru) > 0 || r.Asked != 0 && r.Asked != r.Kopecks {
		p.differing.Append(cells...)
	}
}

// plan is one plan: how it stands, its rows with what differs, and what is done
// with it.
type plan struct {
	src    Source
	office *office
	path   string
	stand  screen.Load[*Standing]
	data   screen.Load[*planRows]
	list   kit.List
	only   bool // just the rows that differ or are not paid
	moved  int
	desk   Approval // being approved
}

// reported is the message that a report was written.
type reported struct {
	by   *plan
	path string
	rows int
	err  error
}

func newPlan(src Source, o *office) *plan {
	p := &plan{src: src, office: o}
	p.list.Draw, p.list.Head = rowLine, rowHead
	p.list.Empty = i18n.Text{RU: "Таких строк в плане нет.", EN: "The plan has no such rows."}
	p.list.Open = func(i int) tea.Cmd { return p.explain(i) }
	return p
}

// Open shows a plan and how it stands now.
func (p *plan) Open(e *screen.Env, path string) tea.Cmd {
	var cmds []tea.Cmd
	if path != "" && path != p.path {
		p.stand.Forget()
		p.data.Forget()
		p.path, p.only = path, false
		cmds = append(cmds, p.list.Set(e, &rows.Rows{}), remember(e, path))
	}
	at := p.path
	cmds = append(cmds, p.stand.Start(e, "", func(ctx context.Context) (*Standing, error) { return p.src.Stand(ctx, at) }))
	if !p.data.Known() { // the rows of a plan never change
		cmds = append(cmds, p.data.Start(e, "", func(ctx context.Context) (*planRows, error) {
			out := &planRows{&rows.Rows{}, &rows.Rows{}}
			return out, p.src.Rows(ctx, at, func(r *planfile.Row) error { out.add(r); return nil })
		}))
	}
	return tea.Batch(cmds...)
}

// Close ends loads and an approval; a run goes on.
func (p *plan) Close(*screen.Env) {
	p.stand.Stop()
	p.list.Close()
	letGo(p.desk)
	p.desk = nil
}

// Title names the plan.
func (p *plan) Title(*screen.Env) i18n.Localised {
	return i18n.Text{RU: "План %s", EN: "Plan %s"}.With(untrusted.Text(filepath.Base(p.path)))
}

// AsOf says how old its standing is.
func (p *plan) AsOf() (time.Time, bool, error) {
	if p.data.Err != nil {
		return p.stand.At, p.stand.Loading, p.data.Err
	}
	return p.stand.At, p.stand.Loading, p.stand.Err
}

// Typing says whether the filter is being typed.
func (p *plan) Typing() bool { return p.list.Typing() }

// Cursor is the place of the filter.
func (p *plan) Cursor() (x, y int, ok bool) {
	x, y, ok = p.list.Cursor()
	return x, y + headRows, ok
}

// Click and Scroll work the list.
func (p *plan) Click(e *screen.Env, _, y int) tea.Cmd { return p.list.Click(e, y-headRows) }

// Scroll moves the cursor.
func (p *plan) Scroll(_ *screen.Env, lines int) tea.Cmd { p.list.Scroll(lines); return nil }

// Busy says that a run is under way.
func (p *plan) Busy(*screen.Env) i18n.Localised { return p.office.busy() }

// End lets a run end what is on its way.
func (p *plan) End(*screen.Env) { p.office.end() }

// Update takes data and keys.
func (p *plan) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if p.stand.Take(msg) {
		return nil, true
	}
	if p.data.Take(msg) {
		return p.show(e), true
	}
	if cmd, ok := p.approval(e, msg); ok {
		return cmd, true
	}
	switch m := msg.(type) {
	case reported:
		if m.by != p {
			return nil, false
		}
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return screen.Tell(i18n.Text{RU: "Записано: %s, строк %d", EN: "Written: %s, %d rows"}.With(untrusted.Text(m.path), m.rows)), true
	case again:
		if m.office != p.office || m.how.Plan != p.path || p.office.run != nil {
			return nil, false
		}
		return tea.Batch(screen.Ran(m.how.command()), p.office.begin(e, m.how, p.toPay())), true
	case banked:
		if m.by != p {
			return nil, false
		}
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return p.road(e, m), true
	}
	if cmd, ok := p.office.take(e, msg); ok {
		if p.moved != p.office.moved {
			p.moved = p.office.moved
			cmd = tea.Batch(cmd, p.Open(e, ""))
		}
		return cmd, true
	}
	return p.list.Update(e, msg)
}

func (p *plan) toPay() int {
	if p.stand.Value == nil {
		return 0
	}
	return p.stand.Value.Totals.Pay.N
}

// show puts all rows or those that differ into the list.
func (p *plan) show(e *screen.Env) tea.Cmd {
	switch {
	case p.data.Value == nil:
		return nil
	case p.only:
		return p.list.Set(e, p.data.Value.differing)
	}
	return p.list.Set(e, p.data.Value.all)
}

// Actions is what can be done with a plan.
func (p *plan) Actions(e *screen.Env) []screen.Action {
	s := p.stand.Value
	say := func(ru, en string) i18n.Localised { return i18n.Say(ru, en) }
	var unknown, approving, running, stopping, witness, row i18n.Localised
	if s == nil {
		unknown = say("план ещё не прочитан", "the plan is not read yet")
		approving, running, witness = unknown, unknown, unknown
	} else {
		switch {
		case s.Totals.Pay.N == 0:
			approving = say("платить по этому плану нечего", "there is nothing to pay in this plan")
			running = approving
		case p.office.run != nil:
			running = say("план уже выполняется", "a plan is being run already")
		case s.Running:
			running = say("этот план выполняет другой процесс", "another process runs this plan")
		case s.Refused != nil:
			running = s.Refused
		case s.Left() == 0 && s.Unbegun == 0:
			running = say("платить больше нечего", "there is nothing left to pay")
		}
		if n := s.Counts[journal.Unknown].N + s.Counts[journal.Accepted].N + s.Counts[journal.Sending].N; n == 0 {
			witness = say("незавершённых платежей нет", "no payment is unsettled")
		}
	}
	if p.office.run == nil || p.office.run.how.Plan != p.path {
		stopping = say("план здесь не выполняется", "the plan is not being run here")
	}
	i, ok := p.list.Current()
	if !ok {
		row = say("строка не выбрана", "no row is chosen")
	}
	path := kit.Shell(p.path)
	only := i18n.Text{RU: "только расхождения", EN: "differences only"}
	if p.only {
		only = i18n.Text{RU: "все строки", EN: "all rows"}
	}
	return []screen.Action{
		{ID: "plan.approve", Title: i18n.Text{RU: "одобрить", EN: "approve"}, Keys: []string{"a"}, Command: "epgu batch approve " + path, Off: approving, Footer: true,
			Run: func() tea.Cmd { return p.approve(e.Ctx) }},
		{ID: "plan.run", Title: i18n.Text{RU: "выполнить", EN: "run"}, Keys: []string{"r"}, Command: "epgu batch run " + path, Off: running, Footer: true,
			Run: func() tea.Cmd { return p.confirmRun(e, Running{Plan: p.path}) }},
		{ID: "plan.bank", Title: i18n.Text{RU: "через банк", EN: "by a bank"}, Keys: []string{"b"}, Command: "epgu batch run " + path + " --via bank-file", Off: running, Footer: true,
			Run: func() tea.Cmd {
				return func() tea.Msg {
					names, err := p.src.Banks(e.Ctx)
					return banked{p, names, err}
				}
			}},
		{ID: "plan.stop", Title: i18n.Text{RU: "остановить", EN: "stop"}, Keys: []string{"s"}, Off: stopping, Footer: true,
			Run: func() tea.Cmd {
				return screen.Ask(&kit.Confirm{Head: i18n.Text{RU: "Остановить выполнение", EN: "Stop the run"}, Yes: i18n.Text{RU: "Остановить", EN: "Stop"},
					Text: say("Новое не отправится, ответов на отправленное программа дождётся. Продолжить можно в любой день.", "Nothing new is sent, and the answers to what was sent are awaited. It can go on any day."),
					Do:   func() tea.Cmd { p.office.stop(); return nil }})
			}},
		{ID: "plan.reconcile", Title: i18n.Text{RU: "неизвестный исход", EN: "unknown outcomes"}, Keys: []string{"u"}, Command: "epgu batch reconcile " + path, Off: witness, Footer: true,
			Run: func() tea.Cmd { return screen.Go(ReconcileID, p.path) }},
		{ID: "plan.report", Title: i18n.Text{RU: "отчёт", EN: "report"}, Keys: []string{"e"}, Command: "epgu batch report " + path + " -o " + kit.Shell(reportName(p.path)), Off: unknown, Footer: true,
			Run: func() tea.Cmd { return p.report(e) }},
		{ID: "plan.differs", Title: only, Keys: []string{"d"}, Command: "epgu batch show " + path + " --only changed,duplicate,paid,wrong", Off: row2(p), Footer: true,
			Run: func() tea.Cmd { p.only = !p.only; return p.show(e) }},
		{ID: "plan.row", Title: i18n.Text{RU: "строка подробно", EN: "the row in full"}, Keys: []string{"enter"}, Command: "epgu batch show " + path, Off: row,
			Run: func() tea.Cmd { return p.explain(i) }},
		{ID: "plan.filter", Title: i18n.Text{RU: "найти", EN: "find"}, Keys: []string{"/"}, Run: func() tea.Cmd { p.list.Filter(); return nil }},
		{ID: "plan.copy", Title: i18n.Text{RU: "скопировать SHA-256", EN: "copy the SHA-256"}, Keys: []string{"c"}, Off: unknown,
			Run: func() tea.Cmd { return screen.Copy(p.stand.Value.SHA256) }},
	}
}

// row2 says why rows cannot be told apart yet.
func row2(p *plan) i18n.Localised {
	if p.data.Value == nil {
		return i18n.Say("строки ещё читаются", "the rows are still being read")
	}
	return nil
}

// confirmRun takes the typed sum and runs the plan.
func (p *plan) confirmRun(e *screen.Env, how Running) tea.Cmd {
	s := p.stand.Value
	left := s.Left()
	return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Выполнить план", EN: "Run the plan"},
		Lines: func(e *screen.Env, cols int) view.Frame {
			return linesOf(e, []i18n.Localised{
				i18n.Text{RU: "План %s, одобрений: %d из %d", EN: "Plan %s, approvals: %d of %d"}.With(untrusted.Text(filepath.Base(p.path)), s.Has, s.Need),
				how.title(),
				i18n.Say("Каждый платёж сначала записывается в журнал и уходит ровно один раз. Остановить можно в любой момент.", "Every payment is journalled first and sent exactly once. It can be stopped at any moment."),
			}, cols)
		},
		Ask:    i18n.Text{RU: "Осталось уплатить %s. Наберите сумму:", EN: "%s are left to pay. Type the sum:"}.With(i18n.Money(left)),
		Accept: sumTyped(left),
		Do: func(string) tea.Cmd {
			begun := p.office.begin(e, how, p.toPay())
			if how.Via == "" {
				return begun // the action has said so
			}
			return tea.Batch(screen.Ran(how.command()), begun)
		}})
}

// reportName is the usual name of a plan's report.
func reportName(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + "-result.csv"
}

// report asks where to, and writes.
func (p *plan) report(e *screen.Env) tea.Cmd {
	ctx := e.Ctx
	return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Отчёт", EN: "Report"}, Given: reportName(p.path), Accept: reportPath,
		Ask: i18n.Say("Куда записать? .csv и .xlsx — реестр с результатами, .txt — для 1С, .pdf — печатный реестр", "Where to? .csv and .xlsx: the register with results, .txt: for 1C, .pdf: printed"),
		Do: func(typed string) tea.Cmd {
			path := kit.Path(typed)
			write := func() tea.Cmd {
				return func() tea.Msg {
					n, err := p.src.Report(ctx, p.path, path)
					return reported{p, path, n, err}
				}
			}
			return tea.Batch(screen.Ran("epgu batch report "+kit.Shell(p.path)+" -o "+kit.Shell(path)), func() tea.Msg {
				if !exists(path) {
					return write()()
				}
				return screen.AskMsg{Dialog: &kit.Confirm{Head: i18n.Text{RU: "Файл уже есть", EN: "The file is already there"}, ByItself: true, Yes: i18n.Text{RU: "Заменить", EN: "Replace it"},
					Text: i18n.Text{RU: "%s уже есть. Заменить его отчётом?", EN: "%s is already there. Replace it by the report?"}.With(untrusted.Text(path)), Do: write}}
			})
		}})
}

func reportPath(typed string) i18n.Localised {
	if _, err := workflow.KindOf(kit.Path(typed)); err != nil {
		return messageOf(err)
	}
	return nil
}

func rowColumns() []kit.Column {
	return []kit.Column{{Width: 7, Right: true, Role: theme.Muted}, {Width: 20}, {Width: 25, Least: 60}, {Width: 15, Right: true, Role: theme.Muted, Least: 110}, {Width: 15, Right: true, Role: theme.Strong}, {Share: 1, Role: theme.Warning, Least: 96}}
}

func rowHead(e *screen.Env, cols int) view.Line {
	return kit.Row(rowColumns(), cols, []string{e.T("Строка", "Row"), e.T("Решение", "Status"), e.T("УИН или получатель", "УИН or payee"), e.T("В реестре", "Register"), e.T("По плану", "Plan"), e.T("Что расходится", "What differs")},
		theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted)
}

func rowLine(e *screen.Env, r *rows.Rows, i, cols int) view.Line {
	c := r.Cells(i)
	asked := ""
	if k := kopecks(c[cellAsked]); k > 0 {
		asked = rubles(e, k)
	}
	role := theme.Plain
	if c[cellStatus] != string(planfile.Pay) {
		role = theme.Warning
	}
	return kit.Row(rowColumns(), cols, []string{c[cellN], workflow.StatusTitle(planfile.Status(c[cellStatus])).In(e.Lang), c[cellTitle], asked, rubles(e, kopecks(c[cellKopecks])), why(e, c)},
		theme.Plain, role)
}

func why(e *screen.Env, cells []string) string { return e.T(cells[cellWhyRU], cells[cellWhyEN]) }

func kopecks(s string) int64 {
	k, _ := strconv.ParseInt(s, 10, 64) // written by planRows.add
	return k
}

// explain says all about one row.
func (p *plan) explain(i int) tea.Cmd {
	c := p.list.Rows().Cells(i)
	return screen.Ask(&kit.Notice{Head: i18n.Text{RU: "Строка %s", EN: "Row %s"}.With(c[cellN]), Lines: func(e *screen.Env, cols int) view.Frame {
		return kit.Facts([]kit.Fact{
			{Name: e.T("Решение", "Status"), Value: workflow.StatusTitle(planfile.Status(c[cellStatus])).In(e.Lang), Role: theme.Strong},
			{Name: e.T("УИН или получатель", "УИН or payee"), Value: c[cellTitle]},
			{Name: e.T("В реестре", "In the register"), Value: rubles(e, kopecks(c[cellAsked]))},
			{Name: e.T("По плану", "In the plan"), Value: rubles(e, kopecks(c[cellKopecks])), Role: theme.Strong},
			{Name: e.T("Строка файла", "Line of the file"), Value: c[cellLine]},
			{Name: e.T("Почему", "Why"), Value: why(e, c), Role: theme.Warning},
		}, cols)
	}})
}

// Draw draws how the plan stands, and its rows.
func (p *plan) Draw(e *screen.Env, size view.Size) view.Frame {
	bottom := p.office.lines(e, p.path, size.W)
	room := view.Size{W: size.W, H: size.H - headRows - len(bottom)}
	top := p.top(e, size.W)
	body := view.Frame{}.Fit(room)
	if p.data.Value != nil {
		body = p.list.View(e, room).Fit(room)
	}
	return append(append(top, body...), bottom...)
}

// top is how the plan stands, in headRows rows.
func (p *plan) top(e *screen.Env, cols int) view.Frame {
	s := p.stand.Value
	if s == nil {
		return view.Frame{view.Blank(), view.Say(theme.Muted, "  "+e.T("Читаем план…", "Reading the plan…")), view.Blank()}
	}
	t := &s.Totals
	first := view.Of(view.Text(theme.Plain, "  "+e.T("К оплате: ", "To pay: ")), view.Text(theme.Strong, fmt.Sprintf("%d", t.Pay.N)), view.Text(theme.Plain, fmt.Sprintf(e.T(" из %d строк на ", " of %d rows, "), t.Rows)),
		view.Text(theme.Strong, rubles(e, t.Pay.Kopecks)), view.Text(theme.Plain, e.T(" · подписей: ", " · signatures: ")))
	role := theme.Good
	if s.Has < s.Need {
		role = theme.Warning
	}
	first = first.With(view.Text(role, fmt.Sprintf(e.T("%d из %d", "%d of %d"), s.Has, s.Need)))
	return view.Frame{first.Fit(cols), p.counts(e, s).Fit(cols), view.Of(view.Text(theme.Muted, "  "+e.T("Составил: ", "Made by: ")+untrusted.Clean(s.Head.Maker.Name)+", "+e.Moment(s.Head.CreatedAt))).Fit(cols)}
}

// counts says how far the run has come.
func (p *plan) counts(e *screen.Env, s *Standing) view.Line {
	out := view.Of(view.Text(theme.Plain, "  "))
	n := 0
	add := func(role theme.Role, name string, count int, sum int64) {
		if count == 0 {
			return
		}
		sep := ""
		if n++; n > 1 {
			sep = " · "
		}
		text := fmt.Sprintf("%s%s: %d", sep, name, count)
		if sum > 0 {
			text += ", " + rubles(e, sum)
		}
		out = out.With(view.Text(role, text))
	}
	for _, x := range []struct {
		state journal.State
		role  theme.Role
	}{{journal.Paid, theme.Good}, {journal.Unknown, theme.Bad}, {journal.Accepted, theme.Accent}, {journal.Sending, theme.Accent}, {journal.Claimed, theme.Plain}, {journal.Planned, theme.Plain}, {journal.Refused, theme.Bad}, {journal.Returned, theme.Warning}} {
		add(x.role, e.Say(billing.StateTitle(x.state)), s.Counts[x.state].N, s.Counts[x.state].AmountKopecks)
	}
	add(theme.Muted, e.T("не начато", "not begun"), s.Unbegun, 0)
	if s.Running && p.office.run == nil {
		out = out.With(view.Text(theme.Accent, e.T(" · выполняет другой процесс", " · another process runs it")))
	}
	return out
}

// Spoken reads how the plan stands and its rows.
func (p *plan) Spoken(e *screen.Env) screen.Spoken { return spoken(e, p, &p.list) }
