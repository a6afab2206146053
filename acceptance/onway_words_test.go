package acceptance

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is wrong with the way, the disk or the folder is named, with the cure, and
// ends with the right code.
func TestWhatIsWrongWithTheWayIsNamedWithTheCure(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		words  []string
	}{
		"a page in place of the portal": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "<html>Sign in to the network</html>")
		}, []string{"something other than", "sign-in page", "browser"}},
		"a filter": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusForbidden)
		}, []string{"something other than", "403", "filter", "VPN"}},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://hotspot.example/login", http.StatusFound)
		}, []string{"redirects to http://hotspot.example", "not followed", "moved"}},
	} {
		p, way := s.walker(t)
		way.slow(c.answer)
		for _, args := range [][]string{{"bill", "list"}, {"application", "list"}, {"profile", "view"}} {
			o := p.end(nil, args...)
			if o.code != 6 {
				t.Errorf("%s, %v: exit %d: %s", name, args, o.code, o.errOut)
			}
			for _, word := range c.words {
				if !strings.Contains(o.errOut, word) {
					t.Errorf("%s, %v: %q is not said: %s", name, args, word, o.errOut)
				}
			}
			if !strings.Contains(o.errOut, "what to do:") {
				t.Errorf("%s, %v: no cure: %s", name, args, o.errOut)
			}
		}
	}
}

func TestAFullDiskAndAFolderThatCannotBeWrittenAreNamedWithTheCure(t *testing.T) {
	bin := build(t)
	p := newProgram(t, bin)
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	cmd := p.command("service", "list")
	cmd.Stdout = full
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(said.String(), "no space left on the disk") {
		t.Errorf("a full disk: %v, %s", err, said.String())
	}
	// A home in a folder where nothing can be made, whoever asks.
	p.env = append(p.env, "EPGU_HOME=/sys/epgu")
	for _, args := range [][]string{{"config", "set", "lang", "ru"}, {"service", "list"}} {
		o := p.end(nil, args...)
		if o.code != 1 || !strings.Contains(o.errOut, "what to do:") || !strings.Contains(o.errOut, filepath.Join("/sys", "epgu")) {
			t.Errorf("%v: exit %d: %s", args, o.code, o.errOut)
		}
	}
}
