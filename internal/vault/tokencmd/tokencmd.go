// Package tokencmd runs the user's own command that prints a token, such as a
// password manager. Only internal/vault imports it.
package tokencmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// maxOutput bounds what the command may print, in bytes.
const maxOutput = 64 << 10

// The time limits of the command: a person may have to unlock something.
const (
	HeadlessLimit    = 30 * time.Second
	InteractiveLimit = 120 * time.Second
)

// ErrTimeout reports a command that did not end in time and was killed.
var ErrTimeout = errors.New("the command did not end in time")

// ErrOutput reports output that is no token: empty, several lines, too much.
var ErrOutput = errors.New("the command did not print one token on one line")

// Options configure a run.
type Options struct {
	Command string   // a line for the system's shell
	Profile string   // becomes EPGU_PROFILE of the command
	Environ []string // environment of this process, "KEY=value"
	// Interactive leaves the command in the foreground, where it can talk to
	// the terminal; otherwise it and its children are killed as a group.
	Interactive bool
	// Stderr receives what the command says to the person; nil drops it.
	Stderr io.Writer
	// Limit replaces the time limit; for tests.
	Limit time.Duration
}

// Run runs the command and returns its output without the final line break. The
// output never appears in an error. The command's standard input is empty, and
// its environment has none of our EPGU_* variables, which may hold secrets,
// except EPGU_HOME, EPGU_LANG and EPGU_PROFILE.
func Run(ctx context.Context, o Options) (string, error) {
	limit := o.Limit
	if limit == 0 {
		limit = HeadlessLimit
		if o.Interactive {
			limit = InteractiveLimit
		}
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := shell(limited, o.Command)
	cmd.Env = childEnviron(o.Environ, o.Profile)
	cmd.Stderr = o.Stderr
	out := &bounded{}
	cmd.Stdout = out
	// A grandchild that keeps the pipe open must not keep us waiting.
	cmd.WaitDelay = time.Second
	if !o.Interactive {
		ownGroup(cmd)
	}
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case limited.Err() != nil:
		return "", fmt.Errorf("%w (%s)", ErrTimeout, limit)
	case out.over:
		return "", fmt.Errorf("%w: more than %d bytes", ErrOutput, maxOutput)
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return "", err
	}
	token := strings.TrimSpace(out.buf.String())
	if token == "" || strings.ContainsAny(token, "\r\n") {
		return "", ErrOutput
	}
	return token, nil
}

// childEnviron drops our variables, which may hold secrets, and names the
// profile.
func childEnviron(environ []string, profile string) []string {
	out := make([]string, 0, len(environ)+1)
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		// Windows does not tell upper from lower case here.
		switch upper := strings.ToUpper(name); {
		case upper == "EPGU_HOME", upper == "EPGU_LANG", !strings.HasPrefix(upper, "EPGU_"):
			out = append(out, kv)
		}
	}
	return append(out, "EPGU_PROFILE="+profile)
}

// bounded keeps up to maxOutput bytes and fails on more, which ends the command.
type bounded struct {
	buf  bytes.Buffer
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.buf.Len()+len(p) > maxOutput {
		b.over = true
		return 0, ErrOutput
	}
	return b.buf.Write(p)
}
