package signer

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

func TestAPINIsTheFirstLine(t *testing.T) {
	ios, in, _, _ := iostreams.Test()
	in.WriteString("first\r\nsecond\n")
	o := &Flags{F: &factory.Factory{IO: ios}}
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tc := range []struct{ from, want string }{
		{"-", "first"},
		{"-", "second"}, // a second PIN is the next line
		{write("a", "pin with spaces \nrest"), "pin with spaces "},
		{write("b", "no line end"), "no line end"},
	} {
		got, err := o.FromFile(tc.from)
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: %q %v", tc.from, got, err)
		}
	}
	for _, bad := range []string{"-", write("c", ""), write("d", "\nsecond"), filepath.Join(dir, "absent"), dir, "fd:0", "fd:2", "fd:x", "fd:"} {
		if _, err := o.FromFile(bad); fault.ExitOf(err) != exitcode.Usage {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestNobodyToAskNamesTheFlag(t *testing.T) {
	ios, _, _, _ := iostreams.Test()
	o := &Flags{F: &factory.Factory{IO: ios}}
	if _, err := o.NewPIN(t.Context(), "me"); fault.ExitOf(err) != exitcode.Usage {
		t.Error(err)
	}
}
