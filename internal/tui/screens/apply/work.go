package apply

import (
	"context"
	"sync"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/core/forms"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

// desk is the form under work. Answering may wait for a dictionary, so it is done
// in the background, one job at a time, and the screen draws what was seen last.
type desk struct {
	mu   sync.Mutex
	x    *forms.Filling
	docs []wire.Document
}

// shot is how the form stood after a job.
type shot struct {
	steps  []forms.Step
	review []forms.Row
	unread error             // why there is no review
	titles map[string]string // of values from dictionaries, by path
	fee    *forms.Fee
	docs   []wire.Document
	going  map[string]bool // documents that go with the answers, by name
	values map[string]any  // for a draft
}

func (d *desk) look(ctx context.Context) (shot, error) {
	s := shot{steps: d.x.Steps(), fee: d.x.Fee(), values: d.x.Draft(), titles: map[string]string{}}
	var err error
	if s.docs, err = catalog.Asked(d.x, d.docs); err != nil {
		return s, err
	}
	if s.going, err = catalog.Going(d.x, d.docs); err != nil {
		return s, err
	}
	// A dictionary that is away leaves codes where titles would be.
	s.review, s.unread = d.x.Review(ctx)
	for _, r := range s.review {
		if r.Path != "" && r.Text != "" {
			s.titles[r.Path] = r.Text
		}
	}
	return s, nil
}

// job is one thing done to the form. then runs on the loop of messages.
type job struct {
	do      func(ctx context.Context, x *forms.Filling) error
	then    func(e *screen.Env, err error) tea.Cmd
	changes bool
}

// workedMsg is the end of a job.
type workedMsg struct {
	desk *desk
	by   *wizard
	job  job
	seen shot
	err  error // of the job
	bad  error // of the look
}

// do queues a job.
func (w *wizard) do(e *screen.Env, j job) tea.Cmd {
	w.queue = append(w.queue, j)
	if w.working {
		return nil
	}
	return w.work(e)
}

func (w *wizard) work(e *screen.Env) tea.Cmd {
	j := w.queue[0]
	w.queue = w.queue[1:]
	w.working = true
	d, ctx := w.desk, e.Ctx
	// Once, and for whoever asks first: the loop of messages, or the end of the program.
	w.worker = sync.OnceValue(func() workedMsg {
		d.mu.Lock()
		defer d.mu.Unlock()
		m := workedMsg{desk: d, by: w, job: j}
		m.err = j.do(ctx, d.x)
		m.seen, m.bad = d.look(ctx)
		return m
	})
	work := w.worker
	return func() tea.Msg { return work() }
}

// worked takes the end of a job, and the keys that came meanwhile.
func (w *wizard) worked(e *screen.Env, m workedMsg) tea.Cmd {
	if m.desk != w.desk {
		return nil // of a form that was left
	}
	w.working = false
	if m.bad == nil {
		w.seen = m.seen
	}
	var cmds []tea.Cmd
	if m.job.changes && m.err == nil {
		w.draft.Values = m.seen.values
		w.dirty, w.checked, w.problems = true, false, nil
		cmds = append(cmds, w.save(e))
	}
	w.lay(e)
	cmds = append(cmds, m.job.then(e, m.err), screen.Fail(m.bad))
	if len(w.queue) > 0 && !w.working {
		cmds = append(cmds, w.work(e))
	}
	for len(w.typed) > 0 && !w.working {
		next := w.typed[0]
		w.typed = w.typed[1:]
		cmd, _ := w.Update(e, next)
		cmds = append(cmds, cmd)
	}
	return tea.Batch(cmds...)
}
