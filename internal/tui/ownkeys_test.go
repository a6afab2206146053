package tui_test

import (
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/tui"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

func TestKeysThatCannotBePressedAreNamedWithTheirPlace(t *testing.T) {
	entries := []screen.Entry{{ID: "many"}}
	if err := tui.CheckKeys(map[string][]string{"palette": {"ctrl+p"}, "many.cancel": {}, "open.many": {"9"}, "signout": {"f9"}}, entries, "config.toml"); err != nil {
		t.Errorf("good keys are refused: %v", err)
	}
	err := tui.CheckKeys(map[string][]string{"palette": {"hyper+p"}, "palete": {"p"}, "open.nothing": {"8"}}, entries, "config.toml")
	f, ok := err.(*fault.Error)
	if !ok || len(f.Fields) != 3 || f.Exit != 2 || !strings.Contains(f.Fields[1].Name+f.Fields[2].Name, "keys.palete") {
		t.Errorf("%v", err)
	}
}

func TestAKeyOfOnesOwnMayOpenAScreenOfATrainingPortal(t *testing.T) {
	own := map[string][]string{"open.calendar": {"f10"}}
	if err := tui.CheckKeys(own, []screen.Entry{{ID: "calendar", Training: true}}, "config.toml"); err != nil {
		t.Error(err)
	}
	if tui.CheckKeys(own, []screen.Entry{{ID: "charges"}}, "config.toml") == nil {
		t.Error("a key opens a screen that is not there")
	}
}
