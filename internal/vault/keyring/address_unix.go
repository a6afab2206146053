//go:build unix && !darwin

package keyring

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// errNoBus is the cause when no usable address of a session bus is known.
var errNoBus = errors.New("no address of a running session bus")

// busSockets returns the sockets where the session bus may listen, in the order
// to try. Nothing is started: an address that asks for a launch, and one that
// leads over the network, is passed over.
func busSockets(getenv func(string) string) []string {
	if address := getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		return parseAddress(address)
	}
	// systemd's user bus. Cron jobs do not have the variable, but the keyring of
	// a person who is logged in is theirs to use.
	dir := getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = "/run/user/" + strconv.Itoa(os.Getuid())
	}
	path := filepath.Join(dir, "bus")
	fi, err := os.Stat(path)
	if err != nil || fi.Mode()&os.ModeSocket == 0 {
		return nil
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Getuid() {
		return nil
	}
	return []string{path}
}

// parseAddress reads a D-Bus server address (D-Bus specification, "Server
// Addresses"): entries separated by ";", each "transport:key=value,…" with
// escaped values. Abstract sockets come back with a leading "@".
func parseAddress(address string) []string {
	var out []string
	for entry := range strings.SplitSeq(address, ";") {
		pairs, ok := strings.CutPrefix(entry, "unix:")
		if !ok {
			continue
		}
		for pair := range strings.SplitSeq(pairs, ",") {
			k, v, _ := strings.Cut(pair, "=")
			v, err := url.PathUnescape(v)
			if err != nil || v == "" {
				continue
			}
			switch k {
			case "path":
				out = append(out, v)
			case "abstract":
				out = append(out, "@"+v)
			}
		}
	}
	return out
}
