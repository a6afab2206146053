package batch

import (
	"context"
	"net/netip"
	"net/url"
	"strings"

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
