package progress

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/width"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loading = i18n.Text{RU: "Загрузка", EN: "Loading"}

// task returns a task that draws only when told to.
func task(o Options) (*Task, *bytes.Buffer, *clock.Manual) {
	ios, _, _, errOut := iostreams.Test()
	ios.SetTTY(true)
	c := clock.NewManual(time.Unix(0, 0))
	o.Clock = c
	t := &Task{ios: ios, o: o, clock: c, start: c.Now(), label: loading, total: o.Total,
		out: ios.Out, errOut: ios.ErrOut, stop: make(chan struct{})}
	ios.ErrOut, ios.Out = &above{t, t.errOut}, &above{t, t.out}
	return t, errOut, c
}

func TestTheLineSaysWhatIsDoneAndHowLongItWillTake(t *testing.T) {
	p, errOut, c := task(Options{Total: 2000})
	p.ios.SetWidth(100)
	p.Skip(1000)
	p.Add(100)
	c.Advance(10 * time.Second)
	p.draw()
	want := "\rЗагрузка [============>           ] 55\u00a0%, 1\u00a0100 из 2\u00a0000, осталось 1\u00a0мин 30\u00a0с\x1b[K"
	if got := errOut.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	p.Stop()
	if !strings.HasSuffix(errOut.String(), "\r\x1b[K") {
		t.Errorf("the line was left on the screen: %q", errOut)
	}
}

func TestEveryFrameFitsTheTerminal(t *testing.T) {
	for _, cols := range []int{1, 10, 20, 40, 60, 80, 200} {
		p, errOut, _ := task(Options{Total: 1000, Bytes: true})
		p.ios.SetWidth(cols)
		p.SetLabel(untrustedLabel("файл 日本語 " + strings.Repeat("очень длинное имя ", 10)))
		p.Add(333)
		p.draw()
		line := strings.TrimSuffix(strings.TrimPrefix(errOut.String(), "\r"), "\x1b[K")
		if w := width.String(line); w >= cols && cols > 1 {
			t.Errorf("%d columns: the line takes %d: %q", cols, w, line)
		}
		p.Stop()
	}
}

func untrustedLabel(s string) i18n.Localised {
	return i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(s))
}

func TestEscapeSequencesInALabelNeverReachTheTerminal(t *testing.T) {
	p, errOut, _ := task(Options{})
	p.SetLabel(i18n.Text{RU: "a\x1b]52;c;x\x07\u202eb\nc", EN: "x"})
	p.draw()
	p.Stop()
	got := strings.NewReplacer("\x1b[K", "", "\r", "").Replace(errOut.String())
	if got != "/ a\uFFFD]52;c;x\uFFFD\uFFFDb c" {
		t.Errorf("got %q", got)
	}
}

func TestNotesAppearAboveTheLine(t *testing.T) {
	p, errOut, _ := task(Options{})
	p.Add(5)
	p.draw()
	p.ios.Note(i18n.Say("строка 7 отклонена", "row 7 was refused"))
	fmt.Fprint(p.ios.Out, "half")
	p.draw() // must not tear the half line
	fmt.Fprint(p.ios.Out, " line\n")
	p.Stop()
	const frame = "\r/ Загрузка 5\x1b[K"
	want := frame + "\r\x1b[K" + "строка 7 отклонена\n" + frame + "\r\x1b[K"
	if got := errOut.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNothingIsDrawnWithoutATerminal(t *testing.T) {
	ios, _, out, errOut := iostreams.Test()
	p := Start(ios, loading, Options{Total: 10})
	p.Add(10)
	p.Stop()
	p.Stop()
	if out.Len()+errOut.Len() > 0 {
		t.Errorf("got %q and %q", out, errOut)
	}
}

func TestShortWorkShowsNothingAndTheStreamsComeBack(t *testing.T) {
	ios, _, _, errOut := iostreams.Test()
	ios.SetTTY(true)
	before := ios.ErrOut
	p := Start(ios, loading, Options{})
	if ios.ErrOut == before {
		t.Error("notes would tear the line")
	}
	p.Stop()
	if ios.ErrOut != before || errOut.Len() > 0 {
		t.Errorf("got %q", errOut)
	}
}

func TestAccessibleModeSpeaksInWholeLines(t *testing.T) {
	p, errOut, _ := task(Options{Total: 1000})
	p.ios.ErrOut = p.errOut
	p.Add(450)
	p.plain()
	if got := errOut.String(); got != "Загрузка: 45\u00a0%, 450 из 1\u00a0000\n" {
		t.Errorf("got %q", got)
	}
}

func TestATaskIsCountedFromManyGoroutines(t *testing.T) {
	ios, _, _, _ := iostreams.Test()
	ios.SetTTY(true)
	p := Start(ios, loading, Options{Total: 800})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				p.Add(1)
				p.draw()
			}
			ios.Note(loading)
		})
	}
	wg.Wait()
	if n, err := io.Copy(p, strings.NewReader("12345")); n != 5 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if p.done != 805 {
		t.Errorf("got %d", p.done)
	}
	p.Stop()
}

func TestAnEstimateIsHonest(t *testing.T) {
	p, _, c := task(Options{Total: 1000})
	p.Add(10)
	c.Advance(time.Second)
	if _, ok := p.left(); ok {
		t.Error("a guess after one second")
	}
	p.o.ETA = func(done, total int64) (time.Duration, bool) { return 8*time.Hour + 10*time.Minute, true }
	if got := p.figures(); got != "1\u00a0%, 10 из 1\u00a0000, осталось 8\u00a0ч 10\u00a0мин" {
		t.Errorf("got %q", got)
	}
	p.Stop()
}

func TestSizesAndSpansReadAsPeopleSayThem(t *testing.T) {
	for _, c := range []struct {
		v      i18n.Localised
		ru, en string
	}{
		{Bytes(0), "0\u00a0Б", "0\u00a0B"},
		{Bytes(999), "999\u00a0Б", "999\u00a0B"},
		{Bytes(1234), "1,2\u00a0КБ", "1.2\u00a0kB"},
		{Bytes(999_999), "1,0\u00a0МБ", "1.0\u00a0MB"},
		{Bytes(5_000_000_000), "5,0\u00a0ГБ", "5.0\u00a0GB"},
		{Duration(0), "1\u00a0с", "1\u00a0s"},
		{Duration(90 * time.Second), "1\u00a0мин 30\u00a0с", "1\u00a0min 30\u00a0s"},
		{Duration(time.Hour), "1\u00a0ч", "1\u00a0h"},
		{Duration(50 * time.Hour), "2\u00a0сут 2\u00a0ч", "2\u00a0d 2\u00a0h"},
	} {
		if got := c.v.In(i18n.RU); got != c.ru {
			t.Errorf("got %q, want %q", got, c.ru)
		}
		if got := c.v.In(i18n.EN); got != c.en {
			t.Errorf("got %q, want %q", got, c.en)
		}
	}
	if got := grouped(i18n.EN, -1234567); got != "-1,234,567" {
		t.Errorf("got %q", got)
	}
}
