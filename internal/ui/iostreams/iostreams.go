// Package iostreams is the one place that knows where input comes from and
// where output goes: the three streams, whether each is a terminal, how wide
// it is, whether colour is wanted, and in which language people read. Nothing
// is asked of the system until a method needs the answer, and the terminal
// itself is never queried (no colour or cursor reports). The packages cli,
// tui, app and ui may import it; core and portal must not.
package iostreams

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// DefaultWidth is the width in columns that is assumed when the output is no
// terminal or does not tell its width.
const DefaultWidth = 80

// ColorMode says when colour is used.
type ColorMode int

// The colour modes.
const (
	ColorAuto   ColorMode = iota // as the environment and the terminal say
	ColorAlways                  // --color always
	ColorNever                   // --color never
)

// ParseColorMode reads "auto", "always" or "never" ("" is auto); ok is false
// for anything else.
func ParseColorMode(s string) (mode ColorMode, ok bool) {
	switch s {
	case "", "auto":
		return ColorAuto, true
	case "always", "1", "true", "yes":
		return ColorAlways, true
	case "never", "0", "false", "no":
		return ColorNever, true
	}
	return ColorAuto, false
}

// IOStreams are the streams of one run of the program. The exported fields
// are set once by the composition root (or a test) before commands run;
// methods may be called from several goroutines.
type IOStreams struct {
	In     io.Reader
	Out    io.Writer // data only
	ErrOut io.Writer // everything for people that is not data

	Lang     i18n.Lang      // language of texts for people
	NoInput  bool           // --no-input: never ask anything
	NoPager  bool           // --no-pager: long output goes straight to the terminal
	Location *time.Location // zone in which people read times; nil is UTC
	Color    ColorMode      // --color; ColorAuto leaves it to the environment

	lookup func(string) (string, bool)
	stdin  answers
	stdout answers
	stderr answers

	accessible *bool // SetAccessible overrides the environment
	errMu      sync.Mutex
}

// answers are the lazily found facts about one stream.
type answers struct {
	file *os.File // nil for a stream that is no file
	once *sync.Once
	tty  bool
	cols int // set by a test; 0 asks the terminal each time, since windows are resized
	rows int // likewise
}

func (a *answers) isTTY() bool {
	a.once.Do(func() {
		if a.file != nil {
			a.tty = term.IsTerminal(int(a.file.Fd()))
		}
	})
	return a.tty
}

func (a *answers) set(tty bool) {
	a.once.Do(func() {})
	a.tty = tty
}

// System returns the streams of the process. It asks nothing of the system
// except the environment variables that choose the language.
func System() *IOStreams { return Files(os.Stdin, os.Stdout, os.Stderr) }

// Files returns streams over open files, which may be a terminal, with the
// environment of the process.
func Files(in, out, errOut *os.File) *IOStreams {
	return &IOStreams{
		In: in, Out: out, ErrOut: errOut,
		Lang:     i18n.Choose(os.Getenv("EPGU_LANG"), os.Getenv),
		Location: time.Local,
		lookup:   os.LookupEnv,
		stdin:    answers{file: in, once: new(sync.Once)},
		stdout:   answers{file: out, once: new(sync.Once)},
		stderr:   answers{file: errOut, once: new(sync.Once)},
	}
}

// Getenv returns an environment variable; in tests the one set by SetEnv.
func (s *IOStreams) Getenv(key string) string {
	v, _ := s.lookup(key)
	return v
}

// LookupEnv is Getenv for variables that mean something when set to nothing.
func (s *IOStreams) LookupEnv(key string) (value string, set bool) { return s.lookup(key) }

// IsStdinTTY reports whether answers can be typed.
func (s *IOStreams) IsStdinTTY() bool { return s.stdin.isTTY() }

// IsStdoutTTY reports whether data goes to a person's terminal. EPGU_FORCE_TTY
// makes a pipe count as one, so that what a person would see can be recorded.
func (s *IOStreams) IsStdoutTTY() bool {
	return s.stdout.isTTY() || s.Getenv("EPGU_FORCE_TTY") != ""
}

// IsStderrTTY reports whether messages go to a person's terminal.
func (s *IOStreams) IsStderrTTY() bool { return s.stderr.isTTY() }

// CanPrompt reports whether a question can be asked and answered: stdin and
// stderr are terminals and --no-input is absent.
func (s *IOStreams) CanPrompt() bool {
	return !s.NoInput && s.IsStdinTTY() && s.IsStderrTTY()
}

// StdinFile returns the file behind In, or nil when In is not one.
func (s *IOStreams) StdinFile() *os.File {
	if f, ok := s.In.(*os.File); ok {
		return f
	}
	return nil
}

// StdoutFile returns the file behind Out, or nil when Out is not one.
func (s *IOStreams) StdoutFile() *os.File {
	if f, ok := s.Out.(*os.File); ok {
		return f
	}
	return nil
}

// Accessible reports whether the output is read aloud or by a braille line
// (ACCESSIBLE or EPGU_ACCESSIBLE set to anything but empty, 0 or false): no
// spinner, no decoration, no repainting.
func (s *IOStreams) Accessible() bool {
	if s.accessible != nil {
		return *s.accessible
	}
	v := s.Getenv("EPGU_ACCESSIBLE")
	if v == "" {
		v = s.Getenv("ACCESSIBLE")
	}
	return v != "" && v != "0" && v != "false"
}

// SetAccessible overrides the environment (configuration or a flag).
func (s *IOStreams) SetAccessible(on bool) { s.accessible = &on }

// Dumb reports whether the terminal understands no control sequences (TERM
// is "dumb"): nothing may be repainted on it.
func (s *IOStreams) Dumb() bool { return s.Getenv("TERM") == "dumb" }

// CanRepaint reports whether a line on stderr may be drawn again and again:
// it is a terminal that understands control sequences, and nobody has it read
// aloud.
func (s *IOStreams) CanRepaint() bool {
	if !s.IsStderrTTY() || s.Accessible() || s.Dumb() {
		return false
	}
	if s.stderr.file != nil {
		enableSequences(s.stderr.file)
	}
	return true
}

// Width returns the width of the terminal behind stdout in columns. COLUMNS
// wins when set; DefaultWidth is returned when stdout is no terminal.
func (s *IOStreams) Width() int { return s.width(&s.stdout) }

// ErrWidth is Width for stderr.
func (s *IOStreams) ErrWidth() int { return s.width(&s.stderr) }

func (s *IOStreams) width(a *answers) int {
	if a.cols > 0 {
		return a.cols
	}
	if n, err := strconv.Atoi(s.Getenv("COLUMNS")); err == nil && n > 0 && n <= 10000 {
		return n
	}
	if a.file != nil && a.isTTY() {
		if w, _, err := term.GetSize(int(a.file.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return DefaultWidth
}

// Height returns the height of the terminal in lines, 0 when unknown.
func (s *IOStreams) Height() int {
	if s.stdout.rows > 0 {
		return s.stdout.rows
	}
	if s.stdout.file != nil && s.stdout.isTTY() {
		if _, h, err := term.GetSize(int(s.stdout.file.Fd())); err == nil && h > 0 {
			return h
		}
	}
	return 0
}

// Say returns a message in the language of the streams, cleaned.
func (s *IOStreams) Say(m i18n.Localised) string {
	return untrusted.Clean(m.In(s.Lang))
}

// Note prints one line for people to stderr, cleaned. Lines of several
// goroutines do not mix.
func (s *IOStreams) Note(m i18n.Localised) {
	s.errMu.Lock()
	defer s.errMu.Unlock()
	fmt.Fprintln(s.ErrOut, s.Say(m))
}
