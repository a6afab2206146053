package verify

import (
	"testing"

	"github.com/epgu-cli/epgu/internal/core/verifying"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

func TestTheViewIsWhole(t *testing.T) {
	ios, _, _, _ := iostreams.Test()
	if err := view(ios).CheckWith(&verifying.Report{File: "a", Result: &cms.Result{Signatures: []cms.Signature{{}}}}); err != nil {
		t.Error(err)
	}
}
