package batch

import (
	"context"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
)

// training reports whether the profile's portal is a training one, so that papers
// say so. The address tells it without a connection where it can: the embedded
// portal's and loopback ones are. Any other portal is asked.
func training(ctx context.Context, f *factory.Factory) bool {
	s, err := f.Settings()
	if err != nil {
		return false
	}
	if workflow.TrainingAddress(s.Get("portal").Value) {
		return true
	}
	c, err := f.Connect(ctx)
	if err != nil {
		return false
	}
	caps, err := c.Capabilities(ctx)
	return err == nil && caps.Kind == "sandbox"
}
