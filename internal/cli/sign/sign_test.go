package sign

import (
	"testing"

	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func TestTheViewIsWhole(t *testing.T) {
	if err := view().CheckWith(&signing.File{Path: "a", Status: signing.Signed}); err != nil {
		t.Error(err)
	}
}

func TestTheExitCodeSaysHowMuchWasSigned(t *testing.T) {
	why := func(code string) error { return fault.New(exitcode.Usage, code, i18n.Say("нет", "no")) }
	done, failed := &signing.File{Path: "a", Status: signing.Signed}, &signing.File{Path: "b", Status: signing.Failed, Reason: why("file.not_found")}
	already := &signing.File{Path: "c", Status: signing.Skipped, Reason: why("sign.already")}
	unreached := &signing.File{Path: "d", Status: signing.Skipped, Reason: why("sign.not_reached")}
	for _, tc := range []struct {
		name  string
		files []*signing.File
		want  exitcode.Code
	}{
		{"all", []*signing.File{done, done}, exitcode.OK},
		{"some were signed before", []*signing.File{done, already}, exitcode.OK},
		{"one failed", []*signing.File{done, failed}, exitcode.Partial},
		{"one was not reached", []*signing.File{done, unreached}, exitcode.Partial},
		{"none", []*signing.File{failed, unreached}, exitcode.Usage},
	} {
		if got := fault.ExitOf(outcome(tc.files)); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
}
