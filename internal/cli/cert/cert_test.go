package cert

import (
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

func TestTheViewsAreWhole(t *testing.T) {
	ios, _, _, _ := iostreams.Test()
	f := &factory.Factory{IO: ios, Clock: clock.NewManual(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC))}
	if err := view(f).CheckWith(&signing.Entry{Name: "me"}); err != nil {
		t.Error(err)
	}
	if err := bindingView().Check(); err != nil {
		t.Error(err)
	}
}
