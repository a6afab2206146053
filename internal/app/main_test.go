package app

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

// A broken connection to the portal and a reader that left the pipe give the
// same errno; only the second one is no failure.
func TestABrokenConnectionIsNeverTakenForAReaderThatLeft(t *testing.T) {
	left := &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
	unknown := fault.New(exitcode.Unknown, "payment.unknown", i18n.Say("неизвестно", "unknown")).Because(fmt.Errorf("write tcp: %w", syscall.EPIPE))
	for _, c := range []struct {
		err  error
		want exitcode.Code
	}{
		{left, exitcode.OK},
		{unknown, exitcode.Unknown},
		{errors.Join(left, unknown), exitcode.Unknown},
	} {
		ios, _, _, _ := iostreams.Test()
		if got := finish(t.Context(), ios, nil, c.err, false); got != c.want {
			t.Errorf("%v: exit %d, want %d", c.err, got, c.want)
		}
	}
}
