// Package browser opens a page of the portal in the user's browser, and only
// such a page. cli and tui may import it.
package browser

import (
	"context"
	"net"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/launch"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// maxURL bounds an address, in bytes.
const maxURL = 8 << 10

// Check returns the address in its canonical form if it may be opened: https
// at one of the hosts given ("host" for any port, or "host:port"), or plain http at
// this very machine. An address with a user or a password in it is refused.
func Check(address string, hosts []string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxURL || u.Host == "" || u.User != nil || u.Opaque != "" {
		return "", refused(address)
	}
	name := strings.ToLower(u.Hostname())
	allowed := func(h string) bool {
		h = strings.ToLower(h)
		return h != "" && (h == name || h == strings.ToLower(u.Host))
	}
	switch u.Scheme {
	case "https":
		if !slices.ContainsFunc(hosts, allowed) && !isLoopback(name) {
			return "", refused(address)
		}
	case "http":
		if !isLoopback(name) {
			return "", refused(address)
		}
	default:
		return "", refused(address)
	}
	return u.String(), nil
}

func isLoopback(name string) bool {
	if name == "localhost" {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

func refused(address string) error {
	return fault.New(exitcode.Refused, "browser.address",
		i18n.Text{RU: "такой адрес не открываем: %s", EN: "this address is not opened: %s"}.With(untrusted.Text(address))).
		Advise(i18n.Say("открываются только страницы портала по https", "only pages of the portal are opened, over https"))
}

// Open opens an address that Check allows, with the program in BROWSER or
// with the system's own, and does not wait for it. The error names the
// address, so that it can be opened by hand.
func Open(ctx context.Context, ios *iostreams.IOStreams, address string, hosts []string) error {
	address, err := Check(address, hosts)
	if err != nil {
		return err
	}
	words, err := command(ios, runtime.GOOS, address)
	if err != nil {
		return failed(address, err)
	}
	// The browser outlives the command that opened it.
	cmd, err := launch.Command(context.WithoutCancel(ctx), words, os.Environ())
	if err != nil {
		return failed(address, err)
	}
	if err := cmd.Start(); err != nil {
		return failed(address, err)
	}
	return cmd.Process.Release()
}

// command returns the words that open the address on the system named.
func command(ios *iostreams.IOStreams, system, address string) ([]string, error) {
	words, err := launch.Words(ios.Getenv("BROWSER"))
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		switch system {
		case "darwin":
			words = []string{"open"}
		case "windows":
			words = []string{"rundll32", "url.dll,FileProtocolHandler"}
		default:
			words = []string{"xdg-open"}
		}
	}
	placed := false
	for i := range words[1:] {
		if strings.Contains(words[i+1], "%s") {
			words[i+1] = strings.ReplaceAll(words[i+1], "%s", address)
			placed = true
		}
	}
	if !placed {
		words = append(words, address)
	}
	return words, nil
}

func failed(address string, err error) error {
	return fault.New(exitcode.Failure, "browser.start", i18n.Say("браузер не открылся", "the browser did not open")).
		Because(err).Advise(i18n.Text{RU: "откройте сами: %s", EN: "open it yourself: %s"}.With(untrusted.Text(address)))
}
