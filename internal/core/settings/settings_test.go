package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
)

func env(m map[string]string) func(string) string { return func(k string) string { return m[k] } }

func load(t *testing.T, text string, flags, vars map[string]string) (*Settings, error) {
	t.Helper()
	d := Dirs{Config: t.TempDir(), State: t.TempDir(), Cache: t.TempDir()}
	if text != "" {
		if err := os.WriteFile(filepath.Join(d.Config, "config.toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(Options{Dirs: d, Flags: flags, Getenv: env(vars)})
}

func TestAFlagBeatsTheVariableBeatsTheProfileBeatsTheFile(t *testing.T) {
	text := "store = \"keyring\"\nprofile = \"work\"\n[profiles.work]\nstore = \"file\"\nportal = \"http://127.0.0.1:1\"\n"
	for _, c := range []struct {
		flags, vars map[string]string
		want        string
		source      Source
	}{
		{map[string]string{"store": "auto"}, map[string]string{"EPGU_STORE": "keyring"}, "auto", FromFlag},
		{nil, map[string]string{"EPGU_STORE": "keyring"}, "keyring", FromEnv},
		{nil, nil, "file", FromProfile},
		{nil, map[string]string{"EPGU_PROFILE": "sandbox"}, "keyring", FromFile},
	} {
		s, err := load(t, text, c.flags, c.vars)
		if err != nil {
			t.Fatal(err)
		}
		if v := s.Get("store"); v.Value != c.want || v.Source != c.source {
			t.Errorf("got %+v, want %s from %s", v, c.want, c.source)
		}
	}
	s, err := load(t, "", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v := s.Get("store"); v.Value != "auto" || v.Source != FromDefault {
		t.Errorf("got %+v", v)
	}
}

func TestAllMistakesOfTheConfigFileAreToldAtOnce(t *testing.T) {
	_, err := load(t, "colour = \"red\"\nstore = \"paper\"\n[profiles.x]\nlang = \"ru\"\n", nil, nil)
	f, ok := err.(*fault.Error)
	if !ok || f.Exit != exitcode.Usage || len(f.Fields) != 3 {
		t.Fatalf("got %#v", err)
	}
	for i, want := range []string{"colour", "profiles.x.lang", "store"} {
		if f.Fields[i].Name != want {
			t.Errorf("field %d is %q, want %q", i, f.Fields[i].Name, want)
		}
	}
}

func TestSettingOneValueKeepsCommentsAndOtherProfiles(t *testing.T) {
	text := "# mine\nlang = \"ru\"\n\n[profiles.work] \n# the office\nportal = \"https://a\"\n\n[profiles.home]\nportal = \"https://b\"\n"
	v := "file"
	out, err := Edit(text, "work", "store", &v)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(text, "portal = \"https://a\"\n", "portal = \"https://a\"\nstore = 'file'\n", 1)
	if strings.ReplaceAll(out, "\"", "'") != strings.ReplaceAll(want, "\"", "'") {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
	en := "en"
	out, err = Edit(out, "", "lang", &en)
	if err != nil || !strings.Contains(out, "lang = 'en'") || !strings.Contains(out, "# mine") {
		t.Errorf("got %v\n%s", err, out)
	}
	out, err = Edit(out, "work", "store", nil)
	if err != nil || strings.Contains(out, "store") {
		t.Errorf("got %v\n%s", err, out)
	}
	out, err = Edit("", "new", "store", &v)
	if err != nil || out != "[profiles.new]\nstore = 'file'\n" {
		t.Errorf("got %v %q", err, out)
	}
}

func TestFoldersFollowEPGUHomeThenXDGThenTheSystem(t *testing.T) {
	home := string(filepath.Separator) + "h"
	for _, c := range []struct {
		vars  map[string]string
		goos  string
		state string
	}{
		{map[string]string{"EPGU_HOME": filepath.Join(home, "all"), "XDG_STATE_HOME": home}, "linux", filepath.Join(home, "all", "state")},
		{map[string]string{"XDG_STATE_HOME": filepath.Join(home, "s")}, "linux", filepath.Join(home, "s", "epgu")},
		{map[string]string{"XDG_STATE_HOME": "relative"}, "linux", filepath.Join(home, ".local", "state", "epgu")},
		{nil, "darwin", filepath.Join(home, "Library", "Application Support", "epgu", "state")},
	} {
		d, err := Locate(env(c.vars), c.goos, home)
		if err != nil || d.State != c.state {
			t.Errorf("%v: got %q, %v; want %q", c.vars, d.State, err, c.state)
		}
	}
	if _, err := Locate(env(nil), "linux", ""); err == nil {
		t.Error("no home folder at all must be an error")
	}
}

func TestTheAddressOfAProfileIsNotReplacedByAVariable(t *testing.T) {
	const file = "[profiles.own]\nportal = \"https://own.example\"\n"
	for _, c := range []struct{ profile, variable, value, code string }{
		{"prod", "EPGU_PORTAL", "https://other.example", "config.address_fixed"},
		{"sandbox", "EPGU_ESIA", "https://other.example", "config.address_fixed"},
		{"own", "EPGU_PORTAL", "https://other.example", "config.address_fixed"},
		{"own", "EPGU_PORTAL", "https://own.example", ""},
		{"own", "EPGU_ESIA", "https://esia.example", ""},
		{"new", "EPGU_PORTAL", "http://127.0.0.1:8080", ""},
		{"new", "EPGU_PORTAL", "javascript:alert(1)", "config.bad_value"},
		{"../../etc", "EPGU_STORE", "file", "config.bad_value"},
		{"own", "EPGU_STORE", "bogus", "config.bad_value"},
	} {
		_, err := load(t, file, map[string]string{"profile": c.profile}, map[string]string{c.variable: c.value})
		f, _ := err.(*fault.Error)
		if c.code == "" && err != nil || c.code != "" && (f == nil || f.Code != c.code || f.Exit != exitcode.Usage) {
			t.Errorf("%s, %s=%s: %v, want %q", c.profile, c.variable, c.value, err, c.code)
		}
	}
}

func TestABuiltinProfileKeepsItsAddressInTheConfigFile(t *testing.T) {
	for text, ok := range map[string]bool{
		"[profiles.prod]\nportal = \"https://other.example\"\n":       false,
		"[profiles.prod]\nportal = \"https://www.gosuslugi.ru\"\n":    true,
		"[profiles.prod]\nclient_id = \"MNEMONIC\"\n":                 true,
		"[profiles.\"a/../b\"]\nportal = \"https://other.example\"\n": false,
	} {
		if _, err := load(t, text, nil, nil); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestTheSwitchesOfTheProtocolStandInAProfile(t *testing.T) {
	s, err := load(t, "[profiles.work]\nesia_protocol = \"v1\"\nesia_refresh = \"marker\"\nesia_scope_org = \"org_inn org_ogrn\"\n", nil, map[string]string{"EPGU_PROFILE": "work", "EPGU_ESIA_ACCESS": "online"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Value{
		"esia_protocol":      {Value: "v1", Source: FromProfile},
		"esia_refresh":       {Value: "marker", Source: FromProfile},
		"esia_scope_org":     {Value: "org_inn org_ogrn", Source: FromProfile},
		"esia_access":        {Value: "online", Source: FromEnv},
		"esia_person_filter": {Value: "", Source: FromDefault},
	} {
		if v := s.Get(name); v.Value != want.Value || v.Source != want.Source {
			t.Errorf("%s: %+v", name, v)
		}
	}
	_, err = load(t, "", nil, map[string]string{"EPGU_ESIA_REFRESH": "both"})
	if f, ok := err.(*fault.Error); !ok || f.Exit != exitcode.Usage || f.Hint.IsZero() {
		t.Errorf("%v", err)
	}
}

func TestTheUsersOwnKeysComeFromTheTableKeys(t *testing.T) {
	doc, err := parse("config.toml", []byte("theme = \"light\"\n[keys]\ncharges.pay = \"f8\"\n\"palette\" = [\"ctrl+p\", \"f10\"]\ncharges.all = []\n"))
	if err != nil {
		t.Fatal(err)
	}
	if k := doc.keys; len(k) != 3 || k["charges.pay"][0] != "f8" || len(k["palette"]) != 2 || len(k["charges.all"]) != 0 {
		t.Errorf("%v", k)
	}
	for _, bad := range []string{"keys = 1\n", "[keys]\npalette = 7\n", "[keys]\npalette = [1]\n"} {
		if _, err := parse("config.toml", []byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzAConfigFileThatWasReadStaysReadableWhenItIsEdited(f *testing.F) {
	for _, s := range []string{"", "lang = \"en\"\n", "[profiles.office] # ours\nportal = \"https://x.example\"\n", "lang = \"ru\"\n\n[profiles.demo]\nportal = 'http://127.0.0.1:8080'\n[profiles.other]\n",
		"[profiles.\"office\"]\nportal = \"https://x.example\"\n", "lang='en' # a # b\n", "[keys]\nquit = [\"q\",\n\"й\"]\n", "profiles = {}\n", "\"lang\" = \"en\"\n"} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, top bool) {
		before, err := parse("config.toml", b)
		if err != nil {
			return
		}
		profile, name, value := "office", "portal", "https://portal.example"
		if top {
			profile, name, value = "", "lang", "ru"
		}
		text, err := Edit(string(b), profile, name, &value)
		if err != nil {
			return // it says so and changes nothing
		}
		after, err := parse("config.toml", []byte(text))
		if err != nil {
			t.Fatalf("%q became %q, which cannot be read: %v", b, text, err)
		}
		got := after.top[name]
		if !top {
			got = after.profiles[profile][name]
		}
		if got != value {
			t.Fatalf("%q became %q: the value is %q", b, text, got)
		}
		for k, v := range before.top {
			if (!top || k != name) && after.top[k] != v {
				t.Fatalf("%q became %q: %s is %q", b, text, k, after.top[k])
			}
		}
	})
}
