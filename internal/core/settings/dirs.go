package settings

import (
	"path/filepath"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Dirs are the folders that belong to epgu. They are made on first writing,
// never on reading.
type Dirs struct {
	Config string // config.toml
	State  string // journal, embedded portal, encrypted secrets, logs
	Cache  string // forms, catalogue; safe to delete
}

// Locate finds the folders: everything under EPGU_HOME when it is set, else
// the XDG variables, else the customs of the operating system (goos).
func Locate(getenv func(string) string, goos, home string) (Dirs, error) {
	if h := getenv("EPGU_HOME"); h != "" {
		abs, err := filepath.Abs(h)
		if err != nil {
			return Dirs{}, err
		}
		return Dirs{filepath.Join(abs, "config"), filepath.Join(abs, "state"), filepath.Join(abs, "cache")}, nil
	}
	pick := func(env string, under ...string) string {
		// The XDG specification tells to ignore relative paths.
		if v := getenv(env); v != "" && filepath.IsAbs(v) {
			return filepath.Join(v, "epgu")
		}
		if home == "" {
			return ""
		}
		return filepath.Join(append([]string{home}, under...)...)
	}
	var d Dirs
	switch goos {
	case "windows":
		roaming, local := getenv("AppData"), getenv("LocalAppData")
		if roaming == "" || local == "" {
			return Dirs{}, noHome("AppData, LocalAppData")
		}
		d = Dirs{filepath.Join(roaming, "epgu"), filepath.Join(local, "epgu", "state"), filepath.Join(local, "epgu", "cache")}
	case "darwin":
		d = Dirs{
			pick("XDG_CONFIG_HOME", "Library", "Application Support", "epgu"),
			pick("XDG_STATE_HOME", "Library", "Application Support", "epgu", "state"),
			pick("XDG_CACHE_HOME", "Library", "Caches", "epgu"),
		}
	default:
		d = Dirs{
			pick("XDG_CONFIG_HOME", ".config", "epgu"),
			pick("XDG_STATE_HOME", ".local", "state", "epgu"),
			pick("XDG_CACHE_HOME", ".cache", "epgu"),
		}
	}
	if d.Config == "" || d.State == "" || d.Cache == "" {
		return Dirs{}, noHome("HOME")
	}
	return d, nil
}

// noHome says that nothing tells where the user's folders are.
func noHome(variables string) error {
	return fault.New(exitcode.Usage, "config.no_home", i18n.Text{
		RU: "непонятно, где хранить данные: не задано ни %s, ни EPGU_HOME", EN: "there is no place to keep data: neither %s nor EPGU_HOME is set"}.With(variables)).
		Advise(i18n.Say("задайте EPGU_HOME=/путь/к/папке", "set EPGU_HOME=/path/to/folder"))
}
