// Package waiting is "Prefer: wait=N" (RFC 7240) of the embedded portal: a
// request holds its answer until something changes. While idle time is
// skipped, waiting moves the portal's calendar to the next thing that falls
// due. Only packages under internal/sandbox may import it.
package waiting

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/room"
)

// MaxWait is the longest that an answer is held, real time.
const MaxWait = 60 * time.Second

// maxSkip is how far one wait may move the calendar towards the next thing. It
// is longer than any service's term and shorter than the term of a correction,
// so waiting never runs out somebody's own deadline.
const maxSkip = 45 * 24 * time.Hour

// poll is the pause between two looks at the database, real time: another
// process may make the change.
const poll = 100 * time.Millisecond

// Asked returns how long r is willing to wait; 0 when it is not.
func Asked(r *http.Request) time.Duration {
	for _, header := range r.Header.Values("Prefer") {
		for part := range strings.SplitSeq(header, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			if !strings.EqualFold(strings.TrimSpace(name), "wait") {
				continue
			}
			n, err := strconv.Atoi(strings.Trim(strings.TrimSpace(value), `"`))
			if err == nil && n > 0 {
				return min(time.Duration(n)*time.Second, MaxWait)
			}
		}
	}
	return 0
}

// Until calls look until it says that there is an answer, or wait has passed.
// Between looks it skips idle time or pauses. mayskip tells whether skipping
// can help now (nothing that only a person can do is awaited).
func Until(ctx context.Context, d room.Deps, wait time.Duration, look func(context.Context) (done, mayskip bool, err error)) error {
	skip := false
	if wait > 0 {
		var err error
		if skip, err = d.Calendar.SkipIdle(ctx); err != nil {
			return err
		}
	}
	deadline := d.Clock.Now().Add(wait)
	for {
		done, mayskip, err := look(ctx)
		if err != nil || done || !d.Clock.Now().Before(deadline) {
			return err
		}
		if skip && mayskip {
			moved, err := d.Calendar.SkipToNext(ctx, maxSkip)
			if err != nil {
				return err
			}
			if moved {
				continue
			}
		}
		if err := d.Clock.Sleep(ctx, min(poll, deadline.Sub(d.Clock.Now()))); err != nil {
			return err
		}
		if err := d.Calendar.CatchUp(ctx); err != nil {
			return err
		}
	}
}

// Applied says in the answer that the wish was granted.
func Applied(w http.ResponseWriter, wait time.Duration) {
	if wait > 0 {
		w.Header().Set("Preference-Applied", "wait="+strconv.Itoa(int(wait/time.Second)))
	}
}
