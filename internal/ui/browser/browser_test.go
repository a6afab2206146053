package browser

import (
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

var portal = []string{"portal.example", "stand.example:8443"}

func TestABrowserIsOpenedOnlyForPagesOfThePortal(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://portal.example/pay?x=1#y":                      true,
		"https://PORTAL.example/":                               true,
		"https://portal.example:444/":                           true,
		"https://stand.example:8443/":                           true,
		"http://127.0.0.1:8080/cb":                              true,
		"http://[::1]:8080/":                                    true,
		"http://localhost:1/":                                   true,
		"https://127.0.0.1:1/":                                  true,
		"https://stand.example:8444/":                           false,
		"https://evil.example/":                                 false,
		"https://portal.example.evil.example/":                  false,
		"https://portal.example@evil.example/":                  false,
		"https://user:pw@portal.example/":                       false,
		"http://portal.example/":                                false,
		"http://127.0.0.1.evil.example/":                        false,
		"http://localhost.evil.example/":                        false,
		"file:///etc/passwd":                                    false,
		"javascript:alert(1)":                                   false,
		"ms-cxh://x":                                            false,
		"https:portal.example":                                  false,
		"//portal.example/":                                     false,
		"-a Calculator":                                         false,
		"":                                                      false,
		"https://portal.example/\x1b]0;x\x07":                   false,
		"https://portal.example/" + strings.Repeat("a", maxURL): false,
		"https://":                                              false,
		"https:///portal":                                       false,
		`https://evil\@portal.example`:                          false,
	} {
		_, err := Check(address, portal)
		if (err == nil) != ok {
			t.Errorf("%q: got %v", address, err)
		}
		if err != nil && fault.ExitOf(err) != exitcode.Refused {
			t.Errorf("%q: exit %d", address, fault.ExitOf(err))
		}
	}
}

func TestTheAddressIsOneArgumentAndNeverAShellsBusiness(t *testing.T) {
	const address = "https://portal.example/?a=1&b=$(id);c"
	for _, c := range []struct {
		browser, system string
		want            []string
	}{
		{"", "linux", []string{"xdg-open", address}},
		{"", "darwin", []string{"open", address}},
		{"", "windows", []string{"rundll32", "url.dll,FileProtocolHandler", address}},
		{"firefox --new-tab", "linux", []string{"firefox", "--new-tab", address}},
		{"chromium --app=%s -x", "linux", []string{"chromium", "--app=" + address, "-x"}},
	} {
		ios, _, _, _ := iostreams.Test()
		ios.SetEnv(map[string]string{"BROWSER": c.browser})
		got, err := command(ios, c.system, address)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %q, %v", c, got, err)
		}
	}
}

func TestABrowserThatIsNotThereLeavesTheAddressToThePerson(t *testing.T) {
	ios, _, _, _ := iostreams.Test()
	ios.SetEnv(map[string]string{"BROWSER": "no-such-browser"})
	err := Open(t.Context(), ios, "https://portal.example/x", portal)
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "browser.start" || !strings.Contains(f.Hint.In(i18n.RU), "https://portal.example/x") {
		t.Errorf("got %v", err)
	}
	if _, err := exec.LookPath("true"); err != nil {
		t.Skip("no program to stand for a browser")
	}
	ios.SetEnv(map[string]string{"BROWSER": "true"})
	if err := Open(t.Context(), ios, "https://portal.example/x", portal); err != nil {
		t.Error(err)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("https://portal.example/")
	f.Add("https://portal.example@evil.example/")
	f.Fuzz(func(t *testing.T, address string) {
		got, err := Check(address, portal)
		if err != nil {
			return
		}
		if !strings.HasPrefix(got, "https://") && !strings.HasPrefix(got, "http://") {
			t.Fatalf("%q was allowed as %q", address, got)
		}
		for _, r := range got {
			if r < 0x21 || r == 0x7f {
				t.Fatalf("%q holds a control character or a space", got)
			}
		}
		if again, err := Check(got, portal); err != nil || again != got {
			t.Fatalf("%q: not stable: %q, %v", got, again, err)
		}
	})
}
