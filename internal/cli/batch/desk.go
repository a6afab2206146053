package batch

import (
	"context"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
)

// deskOf is where the verbs work on plans.
func deskOf(f *factory.Factory) *workflow.Desk {
	return &workflow.Desk{Clock: f.Clock, Settings: f.Settings, Journal: f.Journal, Note: f.IO.Note,
		Portal: func(ctx context.Context) (*workflow.Portal, error) {
			c, err := f.Connect(ctx)
			if err != nil {
				return nil, err
			}
			return &workflow.Portal{Cabinet: c.Cabinet, SignIn: c.SignIn}, nil
		}}
}

// fieldName is a status as a field of JSON.
func fieldName(s planfile.Status) string {
	if s == planfile.InFlight {
		return "inFlight"
	}
	return string(s)
}
