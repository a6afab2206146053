package term

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// slow is a terminal that takes a frame only when it is let.
type slow struct {
	gate   chan struct{}
	began  chan struct{} // a write has begun
	mu     sync.Mutex
	frames []string
}

func (s *slow) Write(b []byte) (int, error) {
	select {
	case s.began <- struct{}{}:
	default:
	}
	<-s.gate
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = append(s.frames, string(b))
	return len(b), nil
}

func TestASlowTerminalGetsTheNewestFrameAndHoldsUpNobody(t *testing.T) {
	s := &slow{gate: make(chan struct{}), began: make(chan struct{}, 1)}
	p := NewPainter(s, []string{"TERM=xterm-256color"}, colorprofile.ASCII, 40, 5)
	go p.Run()
	for i := range 1000 { // each would wait for ever if it waited for the terminal
		p.Show(tea.View{Content: fmt.Sprintf("frame %d", i)})
	}
	close(s.gate)
	for began := time.Now(); time.Since(began) < 10*time.Second; {
		s.mu.Lock()
		all := strings.Join(s.frames, "")
		s.mu.Unlock()
		if strings.Contains(all, "999") {
			break
		}
		p.nudge()
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(s.frames, ""); !strings.Contains(all, "999") || len(s.frames) > 10 {
		t.Errorf("%d writes, %q", len(s.frames), all)
	}
}

func TestATerminalThatTakesNothingDoesNotKeepTheProgramFromEnding(t *testing.T) {
	s := &slow{gate: make(chan struct{}), began: make(chan struct{}, 1)}
	p := NewPainter(s, []string{"TERM=xterm-256color"}, colorprofile.ASCII, 40, 5)
	p.patience = 10 * time.Millisecond
	go p.Run()
	p.Show(tea.View{Content: "stuck"})
	<-s.began
	if err := p.Stop(); !errors.Is(err, ErrStuck) {
		t.Errorf("%v", err)
	}
	close(s.gate) // what still paints ends
	<-p.done
}
