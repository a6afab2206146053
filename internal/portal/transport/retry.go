package transport

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

// delays are the waits between the attempts of one call.
type delays struct {
	grow *backoff.ExponentialBackOff
	most time.Duration
}

func newDelays(most time.Duration) *delays {
	grow := backoff.NewExponentialBackOff()
	grow.InitialInterval = min(500*time.Millisecond, most)
	grow.Multiplier = 2
	grow.RandomizationFactor = 0.3
	grow.MaxInterval = most
	grow.Reset()
	return &delays{grow: grow, most: most}
}

// next returns how long to wait, at least what the portal asked for; false
// when the portal asked for more than this call may wait.
func (d *delays) next(asked time.Duration) (time.Duration, bool) {
	if asked > d.most {
		return 0, false
	}
	return max(min(d.grow.NextBackOff(), d.most), asked), true
}

// retryAfter reads Retry-After, seconds or an HTTP date (RFC 9110, 10.2.3).
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	const most = 24 * time.Hour
	if s, err := strconv.ParseInt(v, 10, 64); err == nil {
		if s < 0 {
			return 0
		}
		return time.Duration(min(s, int64(most/time.Second))) * time.Second
	}
	at, err := http.ParseTime(v)
	if err != nil || !at.After(now) {
		return 0
	}
	return min(at.Sub(now), most)
}

// boundedID returns a request id fit for a log line, or "".
func boundedID(s string) string {
	if len(s) > 128 {
		s = s[:128]
	}
	return untrusted.Clean(s)
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return untrusted.Clean(u.Host)
}
