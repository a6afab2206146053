package registers

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/month"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// The screens of this package.
const (
	ID          = "registers"
	CheckID     = "register"
	PlanID      = "plan"
	ReconcileID = "reconcile"
)

// mostRecent is how many plans outside the current folder are remembered.
const mostRecent = 50

// Entries are the screens of this package.
func Entries(src Source) []screen.Entry {
	o := &office{src: src}
	return []screen.Entry{
		{ID: ID, Title: i18n.Text{RU: "Реестры", EN: "Registers"}, Key: "5", Command: "epgu batch --help", New: func() screen.Screen { return newRegisters(src, o) },
			Objects: func(s screen.Screen) *rows.Rows { return s.(*list).objects() }},
		{ID: CheckID, Title: i18n.Text{RU: "Проверка реестра", EN: "Register"}, Card: true, New: func() screen.Screen { return newCheck(src, o) }},
		{ID: PlanID, Title: i18n.Text{RU: "План", EN: "Plan"}, Card: true, New: func() screen.Screen { return newPlan(src, o) }},
		{ID: ReconcileID, Title: i18n.Text{RU: "Неизвестный исход", EN: "Unknown outcomes"}, Card: true, New: func() screen.Screen { return newReconcile(src) }},
	}
}

// list is the plans at hand.
type list struct {
	kit.Records[Plan]
	src    Source
	office *office
	moved  int
	wanted string // the run of a plan to be opened when the list has come
	done   int    // payments looked at while a month is closed; 0 when none is
}

// closed is the message of the list that a month has been closed.
type closed struct {
	by       *list
	how      Closing
	manifest string
	summary  *month.Summary
	err      error
}

func newRegisters(src Source, o *office) *list {
	l := &list{src: src, office: o}
	l.Key = "registers"
	l.Cells = func(p Plan) []string { return []string{p.Path, filepath.Base(p.Path)} }
	l.Line, l.Head = planLine, planHead
	l.Empty = i18n.Text{RU: "Планов в этой папке нет. o — выбрать реестр и составить план.", EN: "There are no plans in this folder. o chooses a register to make one of."}
	l.Chosen = func(p Plan) tea.Cmd { return screen.Go(PlanID, p.Path) }
	return l
}

// objects are the plans for the palette.
func (l *list) objects() *rows.Rows {
	out := &rows.Rows{}
	for _, p := range l.All() {
		out.Append(p.Path, filepath.Base(p.Path))
	}
	return out
}

const recentKey = "registers-recent"

// Open lists the plans. With a path that file is opened: a plan, else a register;
// with the ID of a run its plan.
func (l *list) Open(e *screen.Env, arg string) tea.Cmd {
	cache := e.Cache
	l.Fetch = func(ctx context.Context) ([]Plan, error) {
		var recent []string
		if cache != nil {
			cache.Get(recentKey, &recent)
		}
		return l.src.Plans(ctx, recent)
	}
	cmd := l.Load(e)
	if _, err := uuid.Parse(arg); err == nil {
		l.wanted = arg
		return cmd
	}
	if arg != "" {
		return tea.Batch(cmd, opening(arg))
	}
	return cmd
}

// find opens the plan of a run, once the list has come.
func (l *list) find() tea.Cmd {
	run := l.wanted
	if _, loading, _ := l.AsOf(); run == "" || loading {
		return nil
	}
	l.wanted = ""
	for _, p := range l.All() {
		if p.ID == run {
			return screen.Go(PlanID, p.Path)
		}
	}
	return screen.Tell(i18n.Text{RU: "Файла плана %s здесь нет: o — найти его", EN: "The file of plan %s is not here: o finds it"}.With(untrusted.Text(run)))
}

// opening opens a file as what its name says it is.
func opening(path string) tea.Cmd {
	if strings.HasSuffix(path, ".plan") {
		return screen.Go(PlanID, path)
	}
	return screen.Go(CheckID, path)
}

// remember keeps the path of a plan for the list, for the next start too.
func remember(e *screen.Env, path string) tea.Cmd {
	cache, now := e.Cache, e.Clock.Now()
	if cache == nil {
		return nil
	}
	return func() tea.Msg {
		var recent []string
		cache.Get(recentKey, &recent)
		recent = append([]string{path}, slices.DeleteFunc(recent, func(p string) bool { return p == path })...)
		cache.Put(recentKey, now, recent[:min(len(recent), mostRecent)])
		return nil
	}
}

// Update takes data and keys.
func (l *list) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	switch m := msg.(type) {
	case closed:
		if m.by != l {
			return nil, false
		}
		l.done = 0
		if m.err != nil {
			return l.allTheSame(e, m), true
		}
		return screen.Ask(closedNotice(m)), true
	}
	if cmd, ok := l.office.take(e, msg); ok {
		if l.moved != l.office.moved {
			l.moved = l.office.moved
			cmd = tea.Batch(cmd, l.Open(e, ""))
		}
		return cmd, true
	}
	cmd, handled := l.Records.Update(e, msg)
	return tea.Batch(cmd, l.find()), handled
}

// Busy says that a run is under way.
func (l *list) Busy(*screen.Env) i18n.Localised { return l.office.busy() }

// End lets a run end what is on its way.
func (l *list) End(*screen.Env) { l.office.end() }

// Actions is what can be done here.
func (l *list) Actions(e *screen.Env) []screen.Action {
	p, ok := l.Current()
	var none, closing i18n.Localised
	if !ok {
		none = i18n.Say("план не выбран", "no plan is chosen")
	}
	if l.done > 0 {
		closing = i18n.Say("месяц уже закрывается", "a month is being closed already")
	}
	return []screen.Action{
		{ID: "registers.open", Title: i18n.Text{RU: "выбрать реестр", EN: "choose a register"}, Keys: []string{"o"}, Command: "epgu batch check", Footer: true,
			Run: func() tea.Cmd {
				return kit.AskFile(&kit.Files{Head: i18n.Text{RU: "Реестр или план", EN: "A register or a plan"}, Want: isRegister, Do: opening})
			}},
		{ID: "registers.plan", Title: i18n.Text{RU: "открыть план", EN: "open the plan"}, Keys: []string{"enter", "right", "l"}, Command: "epgu batch status " + kit.Shell(p.Path), Off: none, Footer: true,
			Run: func() tea.Cmd { return screen.Go(PlanID, p.Path) }},
		{ID: "registers.close", Title: i18n.Text{RU: "закрыть месяц", EN: "close a month"}, Keys: []string{"m"}, Command: "epgu batch close " + lastMonth(e) + " -o " + lastMonth(e), Off: closing, Footer: true,
			Run: func() tea.Cmd { return l.closeMonth(e) }},
		{ID: "registers.filter", Title: i18n.Text{RU: "найти", EN: "find"}, Keys: []string{"/"}, Run: func() tea.Cmd { l.Filter(); return nil }},
	}
}

// isRegister says which files a register may be in.
func isRegister(name string) bool {
	return slices.Contains([]string{".csv", ".xlsx", ".txt", ".ndjson", ".jsonl", ".json", ".plan"}, strings.ToLower(filepath.Ext(name)))
}

// lastMonth is the month that ended last, in Moscow.
func lastMonth(e *screen.Env) string {
	now := e.Clock.Now().In(clock.Moscow())
	return time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, now.Location()).Format("2006-01")
}

// closeMonth asks which month and where to, and closes it.
func (l *list) closeMonth(e *screen.Env) tea.Cmd {
	head := i18n.Text{RU: "Закрыть месяц", EN: "Close a month"}
	ctx := e.Ctx
	return screen.Ask(&kit.Typed{Head: head, Given: lastMonth(e), Ask: i18n.Say("Какой месяц (ГГГГ-ММ)?", "Which month (YYYY-MM)?"),
		Accept: func(s string) i18n.Localised {
			if _, err := month.Parse(strings.TrimSpace(s)); err != nil {
				return messageOf(err)
			}
			return nil
		},
		Do: func(of string) tea.Cmd {
			of = strings.TrimSpace(of)
			return screen.Ask(&kit.Typed{Head: head, Given: of, Ask: i18n.Say("В какую новую папку сложить всё о платежах месяца?", "Which new folder is to hold all about its payments?"), Accept: vacant,
				Do: func(folder string) tea.Cmd {
					return l.close(ctx, Closing{Month: of, Folder: kit.Path(folder)})
				}})
		}})
}

func (l *list) close(ctx context.Context, how Closing) tea.Cmd {
	l.done = 1
	command := "epgu batch close " + how.Month + " -o " + kit.Shell(how.Folder)
	if how.Early {
		command += " --early"
	}
	if how.Open {
		command += " --open"
	}
	return tea.Batch(screen.Ran(command), func() tea.Msg {
		sum, manifest, err := l.src.Close(ctx, how, func(int) {})
		return closed{l, how, manifest, sum, err}
	})
}

// allTheSame asks whether a month is to be closed that is not over, or whose payments
// are not all settled; any other failure is shown.
func (l *list) allTheSame(e *screen.Env, m closed) tea.Cmd {
	f, how, ctx := fault.Of(m.err), m.how, e.Ctx
	yes := i18n.Text{RU: "Закрыть так", EN: "Close it so"}
	switch {
	case f == nil:
		return screen.Fail(m.err)
	case f.Code == "month.not_over" && !how.Early:
		how.Early, yes = true, i18n.Text{RU: "Закрыть раньше", EN: "Close it early"}
	case (f.Code == "month.unknown" || f.Code == "month.pending") && !how.Open:
		how.Open = true
	default:
		return screen.Fail(m.err)
	}
	return screen.Ask(&kit.Confirm{Head: i18n.Text{RU: "Закрыть месяц", EN: "Close a month"}, Text: f.Message, Yes: yes, ByItself: true, Do: func() tea.Cmd { return l.close(ctx, how) }})
}

// vacant judges the name of something that is to be made. Whether it is free is
// said by whoever makes it: nothing here waits for a disk.
func vacant(path string) i18n.Localised {
	if kit.Path(path) == "" {
		return i18n.Say("наберите путь", "type a path")
	}
	return nil
}

func closedNotice(m closed) screen.Dialog {
	s := m.summary
	told := []i18n.Localised{
		i18n.Text{RU: "Месяц %s закрыт: %s", EN: "Month %s is closed: %s"}.With(untrusted.Text(s.Month), untrusted.Text(m.how.Folder)),
		i18n.Text{RU: "Оплачено платежей: %d на %s", EN: "Payments paid: %d, %s"}.With(s.Paid.N, i18n.Money(s.Paid.Kopecks)),
		i18n.Text{RU: "Отклонено: %d; вернулось: %d на %s; не завершено: %d", EN: "Refused: %d; returned: %d, %s; not finished: %d"}.With(s.Refused.N, s.Returned.N, i18n.Money(s.Returned.Kopecks), s.Open.N),
		i18n.Text{RU: "Файлов: %d, квитанций: %d", EN: "Files: %d, receipts: %d"}.With(len(s.Files), s.Receipts),
	}
	if n := len(s.Missing); n > 0 {
		told = append(told, i18n.Text{RU: "Портал не отдал квитанций: %d, они названы в описи", EN: "Receipts that the portal does not have: %d, the manifest names them"}.With(n))
	}
	told = append(told, i18n.Text{RU: "SHA-256 описи, для акта: %s", EN: "SHA-256 of the manifest, for the record: %s"}.With(m.manifest))
	return &kit.Notice{Head: i18n.Text{RU: "Закрытие месяца", EN: "Month close"}, ByItself: true, Lines: func(e *screen.Env, cols int) view.Frame { return linesOf(e, told, cols) }}
}

func planColumns() []kit.Column {
	return []kit.Column{{Share: 3}, {Width: 16, Role: theme.Muted, Least: 90}, {Width: 8, Right: true}, {Width: 16, Right: true, Role: theme.Strong}, {Width: 22, Role: theme.Accent}}
}

func planHead(e *screen.Env, cols int) view.Line {
	return kit.Row(planColumns(), cols, []string{e.T("План", "Plan"), e.T("Составлен", "Made"), e.T("Платежей", "Payments"), e.T("Сумма", "Sum"), e.T("Как стоит", "Standing")},
		theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted)
}

func planLine(e *screen.Env, p Plan, cols int) view.Line {
	text, role := p.standing(e)
	return kit.Row(planColumns(), cols, []string{filepath.Base(p.Path), e.Moment(p.Made), fmt.Sprint(p.Pay.N), rubles(e, p.Pay.Kopecks), text},
		theme.Plain, theme.Plain, theme.Plain, theme.Plain, role)
}

// standing is how a plan stands, in a few words.
func (p *Plan) standing(e *screen.Env) (string, theme.Role) {
	switch {
	case p.Running:
		return e.T("выполняется", "running"), theme.Accent
	case p.Unknown > 0:
		return fmt.Sprintf(e.T("исход неизвестен: %d", "unknown: %d"), p.Unknown), theme.Bad
	case p.Pay.N == 0:
		return e.T("платить нечего", "nothing to pay"), theme.Muted
	case p.Paid == p.Pay.N:
		return e.T("оплачен", "paid"), theme.Good
	case p.Unbegun < p.Pay.N:
		return fmt.Sprintf(e.T("оплачено %d из %d", "paid %d of %d"), p.Paid, p.Pay.N), theme.Warning
	case p.Approvals > 0:
		return fmt.Sprintf(e.T("одобрений: %d", "approvals: %d"), p.Approvals), theme.Accent
	}
	return e.T("не одобрен", "not approved"), theme.Muted
}

// Draw draws the list.
func (l *list) Draw(e *screen.Env, size view.Size) view.Frame {
	bottom := l.bottom(e, size.W)
	return append(l.View(e, view.Size{W: size.W, H: size.H - len(bottom)}), bottom...)
}

// Spoken reads the plans and what is under way.
func (l *list) Spoken(e *screen.Env) screen.Spoken {
	out := l.Records.Spoken(e)
	out.Lines = append(out.Lines, kit.Said(l.bottom(e, 110))...)
	return out
}

// bottom says what is under way.
func (l *list) bottom(e *screen.Env, cols int) view.Frame {
	out := l.office.lines(e, "", cols)
	if l.done > 0 {
		out = append(out, view.Say(theme.Accent, e.T("  Закрываем месяц…", "  Closing the month…")))
	}
	return out
}
