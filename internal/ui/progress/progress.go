// Package progress shows how far a long piece of work is: one line on stderr
// that is drawn again in place on a terminal, plain lines from time to time
// in accessible mode, nothing at all elsewhere (EPGU_PROGRESS=plain asks for
// plain lines there too). cli may import it; the TUI has its own.
package progress

import (
	"bytes"
	"io"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/width"
)

// Options say what is counted.
type Options struct {
	Total int64 // 0 when unknown: a counter, or a bare spinner while nothing is counted
	Bytes bool  // the count is in bytes
	// ETA overrides the estimate by the speed so far, for work whose pace
	// others dictate (a portal's limits). ok is false when it cannot tell.
	ETA   func(done, total int64) (left time.Duration, ok bool)
	Clock clock.Clock // nil is the machine's
}

const (
	firstFrame = 300 * time.Millisecond // shorter work shows nothing
	frameEvery = 150 * time.Millisecond
	plainEvery = 10 * time.Second
)

// Task is a piece of work under way. Its methods may be called from several
// goroutines.
type Task struct {
	ios   *iostreams.IOStreams
	o     Options
	clock clock.Clock
	start time.Time

	mu      sync.Mutex
	label   i18n.Localised
	done    int64
	total   int64
	skipped int64 // done before the start; says nothing about the speed
	frame   int
	drawn   bool // the line is on the screen now
	open    bool // something else has begun a line and not ended it
	out     io.Writer
	errOut  io.Writer

	stop    chan struct{}
	stopped sync.WaitGroup
	once    sync.Once
}

// Start begins to show a task. Until Stop, what is written to ios.Out and
// ios.ErrOut goes above the line, so notes and errors need no care. Start and
// Stop belong to the goroutine that runs the command, one task at a time, and
// a prompt wants the task stopped first.
func Start(ios *iostreams.IOStreams, label i18n.Localised, o Options) *Task {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	t := &Task{ios: ios, o: o, clock: o.Clock, start: o.Clock.Now(), label: label, total: o.Total,
		out: ios.Out, errOut: ios.ErrOut, stop: make(chan struct{})}
	switch {
	case ios.CanRepaint():
		ios.ErrOut = &above{t, t.errOut}
		if ios.IsStdoutTTY() {
			ios.Out = &above{t, t.out}
		}
		t.run(firstFrame, frameEvery, t.draw)
	case ios.IsStderrTTY(), ios.Getenv("EPGU_PROGRESS") == "plain":
		t.run(plainEvery, plainEvery, t.plain)
	}
	return t
}

// run calls show now and then in a goroutine that Stop ends and waits for.
func (t *Task) run(first, every time.Duration, show func()) {
	t.stopped.Go(func() {
		timer := time.NewTimer(first)
		defer timer.Stop()
		for {
			select {
			case <-t.stop:
				return
			case <-timer.C:
				show()
				timer.Reset(every)
			}
		}
	})
}

// Add counts n more as done.
func (t *Task) Add(n int64) {
	t.mu.Lock()
	t.done += n
	t.mu.Unlock()
}

// Skip counts n as done before this run, as after a resume: it moves the bar
// and leaves the speed alone.
func (t *Task) Skip(n int64) {
	t.mu.Lock()
	t.done += n
	t.skipped += n
	t.mu.Unlock()
}

// SetTotal says how much there is in all, once that is known.
func (t *Task) SetTotal(total int64) {
	t.mu.Lock()
	t.total = total
	t.mu.Unlock()
}

// SetLabel changes what the line says is being done.
func (t *Task) SetLabel(label i18n.Localised) {
	t.mu.Lock()
	t.label = label
	t.mu.Unlock()
}

// Write counts the bytes of p, so that a task can stand in io.MultiWriter or
// io.TeeReader.
func (t *Task) Write(p []byte) (int, error) {
	t.Add(int64(len(p)))
	return len(p), nil
}

// Stop takes the line off the screen and gives the streams back. It may be
// called again.
func (t *Task) Stop() {
	t.once.Do(func() {
		close(t.stop)
		t.stopped.Wait()
		t.mu.Lock()
		defer t.mu.Unlock()
		t.clear()
		t.ios.Out, t.ios.ErrOut = t.out, t.errOut
	})
}

// draw paints the line in place.
func (t *Task) draw() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open {
		return
	}
	t.frame++
	t.paint()
}

func (t *Task) paint() {
	// One column less: a full line would scroll on some terminals.
	line := width.Truncate(t.line(t.ios.ErrWidth()-1), t.ios.ErrWidth()-1)
	// Progress that cannot be shown is no reason to stop the work.
	_, _ = io.WriteString(t.errOut, "\r"+line+"\x1b[K")
	t.drawn = true
}

func (t *Task) clear() {
	if t.drawn {
		_, _ = io.WriteString(t.errOut, "\r\x1b[K")
		t.drawn = false
	}
}

// plain prints a line that stays.
func (t *Task) plain() {
	t.mu.Lock()
	line := t.text()
	t.mu.Unlock()
	t.ios.Note(i18n.Text{RU: line, EN: line})
}

// above is a stream whose lines appear above the progress line.
type above struct {
	t *Task
	w io.Writer
}

func (a *above) Write(p []byte) (int, error) {
	a.t.mu.Lock()
	defer a.t.mu.Unlock()
	drawn := a.t.drawn
	a.t.clear()
	n, err := a.w.Write(p)
	if len(p) > 0 {
		a.t.open = !bytes.HasSuffix(p, []byte("\n"))
	}
	if drawn && !a.t.open {
		a.t.paint()
	}
	return n, err
}
