package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func of(exit exitcode.Code) *fault.Error { return fault.New(exit, "x", i18n.Say("х", "x")) }

func TestAnUnknownOutcomeGoesBeforeEverythingElseThatFailed(t *testing.T) {
	plain := errors.New("plain")
	for name, c := range map[string]struct {
		err  error
		want exitcode.Code
	}{
		"nothing":                        {nil, exitcode.OK},
		"one":                            {of(exitcode.Conflict), exitcode.Conflict},
		"wrapped":                        {fmt.Errorf("while paying: %w", of(exitcode.Unknown)), exitcode.Unknown},
		"the first of two":               {errors.Join(of(exitcode.Pending), of(exitcode.Conflict)), exitcode.Pending},
		"unknown after another":          {errors.Join(of(exitcode.Pending), fmt.Errorf("and: %w", of(exitcode.Unknown))), exitcode.Unknown},
		"unknown deep in a join":         {errors.Join(plain, errors.Join(of(exitcode.Partial), of(exitcode.Unknown))), exitcode.Unknown},
		"a fault about an unknown cause": {of(exitcode.Unavailable).Because(of(exitcode.Unknown)), exitcode.Unavailable},
		"interrupted":                    {fmt.Errorf("x: %w", context.Canceled), exitcode.Interrupted},
		"interrupted, and unknown":       {errors.Join(context.Canceled, of(exitcode.Unknown)), exitcode.Unknown},
		"plain":                          {plain, exitcode.Failure},
	} {
		if got := fault.ExitOf(c.err); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
