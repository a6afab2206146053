package iostreams

import (
	"bytes"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// Test returns streams over buffers for tests of any package: no stream is a
// terminal, the environment is empty, there is no colour, the language is
// Russian, times are in UTC and the width is DefaultWidth. The Set methods change that.
func Test() (s *IOStreams, in, out, errOut *bytes.Buffer) {
	in, out, errOut = new(bytes.Buffer), new(bytes.Buffer), new(bytes.Buffer)
	s = &IOStreams{
		In: in, Out: out, ErrOut: errOut,
		Lang:     i18n.RU,
		Location: time.UTC,
		Color:    ColorNever,
		lookup:   func(string) (string, bool) { return "", false },
		stdin:    answers{once: new(sync.Once)},
		stdout:   answers{once: new(sync.Once), cols: DefaultWidth},
		stderr:   answers{once: new(sync.Once), cols: DefaultWidth},
	}
	return s, in, out, errOut
}

// SetStdinTTY pretends that stdin is, or is not, a terminal.
func (s *IOStreams) SetStdinTTY(tty bool) { s.stdin.set(tty) }

// SetStdoutTTY pretends that stdout is, or is not, a terminal.
func (s *IOStreams) SetStdoutTTY(tty bool) { s.stdout.set(tty) }

// SetStderrTTY pretends that stderr is, or is not, a terminal.
func (s *IOStreams) SetStderrTTY(tty bool) { s.stderr.set(tty) }

// SetTTY pretends for all three streams.
func (s *IOStreams) SetTTY(tty bool) {
	s.stdin.set(tty)
	s.stdout.set(tty)
	s.stderr.set(tty)
}

// SetWidth fixes the width of the terminal in columns; 0 asks the terminal.
func (s *IOStreams) SetWidth(cols int) { s.stdout.cols, s.stderr.cols = cols, cols }

// SetHeight fixes the height of the terminal in lines; 0 asks the terminal.
func (s *IOStreams) SetHeight(lines int) { s.stdout.rows = lines }

// SetEnv replaces the environment.
func (s *IOStreams) SetEnv(env map[string]string) {
	s.lookup = func(key string) (string, bool) { v, ok := env[key]; return v, ok }
}
