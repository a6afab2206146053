package batch

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
)

// training reports whether the profile's portal is a training one, so that papers
// say so. The address tells it without a connection where it can: the embedded
// portal's and loopback ones are. Any other portal is asked.
func training(ctx context.Context, f *factory.Factory) bool {
	s, err := f.Settings()
	if err != nil {
		return false
	}
	u, err := url.Parse(s.Get("portal").Value)
	if err != nil {
		return false
	}
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".invalid") {
		return true
	}
	c, err := f.Connect(ctx)
	if err != nil {
		return false
	}
	caps, err := c.Capabilities(ctx)
	return err == nil && caps.Kind == "sandbox"
}

// moscow is the zone of days in papers: Moscow has kept UTC+3 since 26.10.2014
// (Federal Law 248-FZ of 21.07.2014).
func moscow() *time.Location { return time.FixedZone("MSK", 3*60*60) }
