// Package settings answers what the user has set and where it was set: flag,
// EPGU_* variable, profile, config file, default, in this order. Only app and
// cli packages import it.
package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/pelletier/go-toml/v2"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/spelling"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// maxConfigBytes bounds the config file, bytes.
const maxConfigBytes = 1 << 20

// Key describes one setting.
type Key struct {
	Name    string // as in config.toml and, upper-cased with EPGU_, in the environment
	Default string
	Help    i18n.Text
	Allowed []string // when only some values make sense
	// Profile tells that a profile may set it.
	Profile bool
}

// Keys lists every setting.
func Keys() []Key {
	return []Key{
		{Name: "profile", Default: "sandbox", Help: i18n.Text{EN: "which portal to use: sandbox, svcdev, prod or one of [profiles]", RU: "с каким порталом работать: sandbox, svcdev, prod или один из [profiles]"}},
		{Name: "lang", Default: "", Help: i18n.Text{EN: "language of the interface: ru or en; empty follows the locale", RU: "язык интерфейса: ru или en; пусто — по локали"}, Allowed: []string{"", "ru", "en"}},
		{Name: "theme", Default: "auto", Help: i18n.Text{EN: "theme of the full-screen interface: auto, dark, light, contrast, ansi (the terminal's 16 colours) or plain (no colour)", RU: "тема полноэкранного режима: auto, dark (тёмная), light (светлая), contrast (контрастная), ansi (16 цветов терминала) или plain (без цвета)"}, Allowed: []string{"auto", "dark", "light", "contrast", "ansi", "plain"}},
		{Name: "mouse", Default: "auto", Help: i18n.Text{EN: "whether the full-screen interface takes the mouse: on, off, or auto (F4 switches)", RU: "забирает ли мышь полноэкранный режим: on, off или auto (переключает F4)"}, Allowed: []string{"auto", "on", "off"}},
		{Name: "journal", Default: "", Help: i18n.Text{EN: "payment journal: empty for the local one, or postgres://… shared by several machines", RU: "журнал платежей: пусто — местный, postgres://… — общий для нескольких машин"}, Profile: true},
		{Name: "approval_policy", Default: "", Help: i18n.Text{EN: "file with the organisation's approval policy for payment plans: who approves, how many, up to which sum", RU: "файл с правилами одобрения платёжных планов: кто одобряет, сколько подписей, до какой суммы"}, Profile: true},
		{Name: "store", Default: "auto", Help: i18n.Text{EN: "where tokens are kept: auto, keyring or file", RU: "где хранить токены: auto, keyring или file"}, Allowed: []string{"auto", "keyring", "file"}, Profile: true},
		{Name: "portal", Default: "", Help: i18n.Text{EN: "address of the portal; set in a profile", RU: "адрес портала; задаётся в профиле"}, Profile: true},
		{Name: "esia", Default: "", Help: i18n.Text{EN: "address of ЕСИА; empty is the portal's own", RU: "адрес ЕСИА; пусто — тот же, что у портала"}, Profile: true},
		{Name: "client_id", Default: "", Help: i18n.Text{EN: "mnemonic of your information system", RU: "мнемоника вашей информационной системы"}, Profile: true},
		{Name: "client_key", Default: "", Help: i18n.Text{EN: "private key of the information system: a file (PKCS#8 or PKCS#12, with a passphrase or without), or store:NAME for a certificate of epgu cert", RU: "закрытый ключ информационной системы: файл (PKCS#8 или PKCS#12, с паролем или без) или store:ИМЯ — сертификат из epgu cert"}, Profile: true},
		{Name: "client_cert", Default: "", Help: i18n.Text{EN: "file with its certificate (PEM or DER)", RU: "файл с её сертификатом (PEM или DER)"}, Profile: true},
		{Name: "client_pin_file", Default: "", Help: i18n.Text{EN: "file whose first line opens client_key; empty asks, or takes what cert import --remember-pin kept", RU: "файл, первая строка которого открывает client_key; пусто — спросить или взять то, что запомнил cert import --remember-pin"}, Profile: true},
		{Name: "client_signer", Default: "", Help: i18n.Text{EN: "program that signs for the information system instead of client_key: exec-raw:… (bare signature) or exec:… (CMS; enough for an API key and protocol v1)", RU: "программа, которая подписывает за информационную систему вместо client_key: exec-raw:… (голая подпись) или exec:… (CMS; хватает для ключа API и протокола v1)"}, Profile: true},
		{Name: "redirect_uri", Default: "", Help: i18n.Text{EN: "registered redirect address", RU: "зарегистрированный адрес возврата"}, Profile: true},
		{Name: "esia_cert", Default: "", Help: i18n.Text{EN: "file with the certificate that signs ЕСИА markers", RU: "файл с сертификатом, которым ЕСИА подписывает маркеры"}, Profile: true},
		{Name: "esia_issuer", Default: "", Help: i18n.Text{EN: "who issues ЕСИА markers (iss), separated by spaces", RU: "кто выпускает маркеры ЕСИА (iss), через пробел"}, Profile: true},
		{Name: "esia_protocol", Default: "v2", Help: i18n.Text{EN: "version of ЕСИА's protocol: v2 (raw signature) or v1 (CMS, the old addresses)", RU: "версия протокола ЕСИА: v2 (голая подпись) или v1 (CMS, прежние адреса)"}, Allowed: []string{"v2", "v1"}, Profile: true},
		{Name: "esia_refresh", Default: "redirect", Help: i18n.Text{EN: "what a refresh signs, which sources disagree about: redirect (the string of v2/ac) or marker (the refresh marker itself)", RU: "что подписывает обновление, о чём источники спорят: redirect (строка v2/ac) или marker (сам маркер обновления)"}, Allowed: []string{"redirect", "marker"}, Profile: true},
		{Name: "esia_access", Default: "offline", Help: i18n.Text{EN: "access_type: offline brings a refresh marker, online does not", RU: "access_type: offline даёт маркер обновления, online — нет"}, Allowed: []string{"offline", "online"}, Profile: true},
		{Name: "esia_person_filter", Default: "", Help: i18n.Text{EN: "who may sign in: conf_acc (confirmed accounts), acc_kid (children), acc_not_kid; empty is everybody", RU: "кому можно войти: conf_acc (подтверждённые записи), acc_kid (дети), acc_not_kid (не дети); пусто — всем"}, Allowed: []string{"", "conf_acc", "acc_kid", "acc_not_kid"}, Profile: true},
		{Name: "esia_scope_org", Default: "", Help: i18n.Text{EN: "scopes of the organisation (scope_org), separated by spaces, asked for at every sign-in; empty is org_ogrn when an organisation is named", RU: "области доступа организации (scope_org) через пробел, при каждом входе; пусто — org_ogrn, когда организация названа"}, Profile: true},
		{Name: "esia_scope", Default: "", Help: i18n.Text{EN: "scopes of the person, separated by spaces; empty is openid, or what a training portal says", RU: "области доступа человека через пробел; пусто — openid или то, что назвал учебный портал"}, Profile: true},
		{Name: "consent_responsible", Default: "", Help: i18n.Text{EN: "responsibleObject of the consent; empty is the organisation of client_cert", RU: "responsibleObject согласия; пусто — организация из client_cert"}, Profile: true},
		{Name: "consent_sysname", Default: "APIPGU", Help: i18n.Text{EN: "type of the consent (sysname)", RU: "тип согласия (sysname)"}, Profile: true},
		{Name: "consent_minutes", Default: "525600", Help: i18n.Text{EN: "how long a consent stands (expire), minutes", RU: "сколько действует согласие (expire), минут"}, Profile: true},
		{Name: "consent_actions", Default: "ALL_ACTIONS_TO_DATA", Help: i18n.Text{EN: "actions of the consent, separated by spaces", RU: "действия согласия через пробел"}, Profile: true},
		{Name: "consent_purposes", Default: "APIPGU", Help: i18n.Text{EN: "purposes of the consent, separated by spaces", RU: "цели согласия через пробел"}, Profile: true},
		{Name: "consent_scopes", Default: "http://lk.gosuslugi.ru/api-order", Help: i18n.Text{EN: "what the consent covers, separated by spaces", RU: "на что согласие, через пробел"}, Profile: true},
		{Name: "kind", Default: "", Help: i18n.Text{EN: "the value epgu: a portal of the state, ЕСИА and API ЕПГУ, nothing undocumented is called; empty follows the address", RU: "значение epgu — портал государства: ЕСИА и API ЕПГУ, недокументированное не вызывается; пусто — по адресу"}, Allowed: []string{"", KindEPGU}, Profile: true},
		{Name: "capabilities", Default: "", Help: i18n.Text{EN: "what a portal offers whose kind is epgu, separated by spaces", RU: "что умеет портал (kind = epgu), через пробел"}, Profile: true},
		{Name: "portal_gost", Default: "", Help: i18n.Text{EN: "address of the portal that speaks GOST TLS; empty is portal", RU: "адрес портала по ГОСТ TLS; пусто — portal"}, Profile: true},
		{Name: "tunnel_portal", Default: "", Help: i18n.Text{EN: "host:port of this machine where a tunnel to the portal listens (epgu tunnel)", RU: "адрес:порт этой машины, где слушает туннель к порталу (epgu tunnel)"}, Profile: true},
		{Name: "tunnel_esia", Default: "", Help: i18n.Text{EN: "host:port of this machine where a tunnel to ЕСИА listens (epgu tunnel)", RU: "адрес:порт этой машины, где слушает туннель к ЕСИА (epgu tunnel)"}, Profile: true},
		{Name: "tunnel_ca", Default: "", Help: i18n.Text{EN: "file of root certificates that a tunnel trusts (PEM)", RU: "файл корневых сертификатов, которым верит туннель (PEM)"}, Profile: true},
		{Name: "tunnel_cert", Default: "", Help: i18n.Text{EN: "file of the certificate that a tunnel shows to the server (PEM)", RU: "файл сертификата, который туннель показывает серверу (PEM)"}, Profile: true},
		{Name: "tunnel_key", Default: "", Help: i18n.Text{EN: "file of the key of tunnel_cert (PEM)", RU: "файл ключа к tunnel_cert (PEM)"}, Profile: true},
		{Name: "tunnel_command", Default: "", Help: i18n.Text{EN: "program that makes one tunnel instead of stunnel: exec:… with {listen}, {host} and {port}", RU: "программа, которая держит один туннель вместо stunnel: exec:… с {listen}, {host} и {port}"}, Profile: true},
	}
}

// Source says where a value came from.
type Source string

// The sources of a value, strongest first.
const (
	FromFlag    Source = "flag"
	FromEnv     Source = "env"
	FromProfile Source = "profile"
	FromFile    Source = "file"
	FromDefault Source = "default"
)

// Title names the source for people.
func (s Source) Title() i18n.Text {
	switch s {
	case FromFlag:
		return i18n.Text{RU: "флаг", EN: "flag"}
	case FromEnv:
		return i18n.Text{RU: "переменная", EN: "environment"}
	case FromProfile:
		return i18n.Text{RU: "профиль", EN: "profile"}
	case FromFile:
		return i18n.Text{RU: "файл", EN: "file"}
	}
	return i18n.Text{RU: "по умолчанию", EN: "default"}
}

// Value is a setting with its source.
type Value struct {
	Name   string
	Value  string
	Source Source
	Where  string // the variable, the file or the profile it stands in
}

// Settings are the resolved settings of one process.
type Settings struct {
	Dirs   Dirs
	flags  map[string]string
	getenv func(string) string
	file   document
}

type document struct {
	top      map[string]string
	profiles map[string]map[string]string
	banks    map[string]map[string]string
	keys     map[string][]string
}

// The tables of the config file that hold a table for each name.
const (
	profilesTable = "profiles"
	banksTable    = "banks"
)

// Options say where to look.
type Options struct {
	Dirs   Dirs
	Flags  map[string]string // only those that the user gave
	Getenv func(string) string
}

// Load reads the config file, if there is one. Nothing else is touched.
func Load(o Options) (*Settings, error) {
	s := &Settings{Dirs: o.Dirs, flags: o.Flags, getenv: o.Getenv}
	doc, err := readFile(s.Path())
	if err != nil {
		return nil, err
	}
	s.file = doc
	return s, s.check()
}

// check holds what the environment sets to the same rules as the config file.
// An address that a profile already has is not replaced by a variable: the
// tokens of that profile would go to another server.
func (s *Settings) check() error {
	for _, k := range Keys() {
		v := s.Get(k.Name)
		if v.Source != FromEnv && v.Source != FromFlag || k.Name == "lang" { // the language has rules of its own (i18n.Choose)
			continue
		}
		if err := CheckKey(k.Name, v.Value, false); err != nil {
			return named(err, v.Where)
		}
		if !slices.Contains(addresses(), k.Name) {
			continue
		}
		profile := s.ProfileName()
		fixed, ok := s.file.profiles[profile][k.Name]
		if !ok {
			fixed, ok = builtin(profile)[k.Name]
		}
		if !ok {
			fixed, ok = usual(profile)[k.Name]
		}
		if ok && fixed != v.Value {
			return fault.New(exitcode.Usage, "config.address_fixed", i18n.Text{
				RU: "у профиля %[1]s уже есть адрес %[2]s, %[3]s его не меняет: токены этого профиля ушли бы на другой сервер",
				EN: "profile %[1]s already has the address %[2]s and %[3]s does not change it: the tokens of this profile would go to another server"}.With(profile, fixed, v.Where)).
				Advise(i18n.Text{RU: "возьмите другой профиль: EPGU_PROFILE=имя, или уберите %s", EN: "use another profile: EPGU_PROFILE=name, or unset %s"}.With(v.Where))
		}
	}
	return nil
}

// named says which flag or variable holds the wrong value.
func named(e *fault.Error, where string) *fault.Error {
	e.Message = i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(where, e.Message)
	if e.Hint.IsZero() {
		e.Hint = i18n.Text{RU: "исправьте или уберите %s", EN: "mend or remove %s"}.With(where)
	}
	return e
}

// Path is the config file.
func (s *Settings) Path() string { return filepath.Join(s.Dirs.Config, "config.toml") }

// ProfileName is the profile in force.
func (s *Settings) ProfileName() string { return s.Get("profile").Value }

// Get resolves one setting.
func (s *Settings) Get(name string) Value {
	i := slices.IndexFunc(Keys(), func(k Key) bool { return k.Name == name })
	if i < 0 {
		return Value{Name: name, Source: FromDefault}
	}
	key := Keys()[i]
	if v, ok := s.flags[name]; ok {
		return Value{name, v, FromFlag, "--" + strings.ReplaceAll(name, "_", "-")}
	}
	env := "EPGU_" + strings.ToUpper(name)
	if v := s.getenv(env); v != "" {
		return Value{name, v, FromEnv, env}
	}
	if key.Profile {
		p := s.ProfileName()
		if v, ok := s.file.profiles[p][name]; ok {
			return Value{name, v, FromProfile, "[profiles." + p + "]"}
		}
		if v, ok := builtin(p)[name]; ok {
			return Value{name, v, FromProfile, p}
		}
		if v, ok := usual(p)[name]; ok {
			return Value{name, v, FromProfile, p}
		}
	}
	if v, ok := s.file.top[name]; ok {
		return Value{name, v, FromFile, s.Path()}
	}
	return Value{name, key.Default, FromDefault, ""}
}

// All resolves every setting, in the order of Keys.
func (s *Settings) All() []Value {
	keys := Keys()
	out := make([]Value, len(keys))
	for i, k := range keys {
		out[i] = s.Get(k.Name)
	}
	return out
}

// ProfileNames lists the built-in profiles and those of the config file.
func (s *Settings) ProfileNames() []string {
	names := []string{"sandbox", "svcdev", "prod"}
	for _, n := range slices.Sorted(maps.Keys(s.file.profiles)) {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

func readFile(path string) (document, error) {
	doc := document{}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return doc, nil
	}
	if err != nil {
		return doc, err
	}
	if info.Size() > maxConfigBytes {
		return doc, badConfig(path, fmt.Errorf("%d bytes, at most %d are read", info.Size(), maxConfigBytes))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return doc, err
	}
	return parse(path, b)
}

func parse(path string, b []byte) (document, error) {
	var raw map[string]any
	doc := document{top: map[string]string{}, profiles: map[string]map[string]string{}, banks: map[string]map[string]string{}}
	if err := toml.Unmarshal(b, &raw); err != nil {
		return doc, badConfig(path, err)
	}
	var fields []fault.Field
	put := func(into map[string]string, where, name string, v any, profile bool) {
		s, ok := v.(string)
		if !ok {
			s = fmt.Sprint(v)
		}
		if err := CheckKey(name, s, profile); err != nil {
			fields = append(fields, fault.Field{Name: where + name, Message: err.Message})
			return
		}
		into[name] = s
	}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		if name == "keys" {
			var bad []fault.Field
			doc.keys, bad = readKeys(raw[name])
			fields = append(fields, bad...)
			continue
		}
		if name == banksTable {
			var bad []fault.Field
			doc.banks, bad = readBanks(raw[name])
			fields = append(fields, bad...)
			continue
		}
		if name != profilesTable {
			put(doc.top, "", name, raw[name], false)
			continue
		}
		tables, ok := raw[name].(map[string]any)
		if !ok {
			fields = append(fields, fault.Field{Name: name, Message: i18n.Say("это должна быть таблица [profiles.имя]", "it must be a table [profiles.name]")})
			continue
		}
		for _, p := range slices.Sorted(maps.Keys(tables)) {
			t, ok := tables[p].(map[string]any)
			if !ok {
				fields = append(fields, fault.Field{Name: "profiles." + p, Message: i18n.Say("это должна быть таблица", "it must be a table")})
				continue
			}
			if m, ok := badProfile(p); !ok {
				fields = append(fields, fault.Field{Name: "profiles." + p, Message: m})
				continue
			}
			doc.profiles[p] = map[string]string{}
			for _, k := range slices.Sorted(maps.Keys(t)) {
				if fixed := builtin(p)[k]; fixed != "" && fixed != fmt.Sprint(t[k]) {
					fields = append(fields, fault.Field{Name: "profiles." + p + "." + k, Message: addressOfBuiltin(p)})
					continue
				}
				put(doc.profiles[p], "profiles."+p+".", k, t[k], true)
			}
		}
	}
	if len(fields) > 0 {
		e := badConfig(path, nil)
		e.Fields = fields
		return doc, e
	}
	return doc, nil
}

func badConfig(path string, cause error) *fault.Error {
	return fault.New(exitcode.Usage, "config.invalid", i18n.Text{
		RU: "файл настроек %s не читается", EN: "the config file %s cannot be used"}.With(path)).Because(cause).
		Advise(i18n.Say("исправьте файл; список настроек: epgu config list", "mend the file; epgu config list shows every setting"))
}

// CheckKey reports what is wrong with a setting, or nil.
func CheckKey(name, value string, inProfile bool) *fault.Error {
	i := slices.IndexFunc(Keys(), func(k Key) bool { return k.Name == name })
	if i < 0 || inProfile && !Keys()[i].Profile {
		e := fault.New(exitcode.Usage, "config.unknown_key", i18n.Text{RU: "нет такой настройки: %s", EN: "no such setting: %s"}.With(name))
		names := make([]string, 0, len(Keys()))
		for _, k := range Keys() {
			if k.Profile || !inProfile {
				names = append(names, k.Name)
			}
		}
		if near := spelling.Nearest(name, names); near != "" {
			return e.Advise(i18n.Text{RU: "похоже на %s; все настройки: epgu config list", EN: "close to %s; all settings: epgu config list"}.With(near))
		}
		return e.AdviseRun("epgu config list")
	}
	k := Keys()[i]
	if len(k.Allowed) > 0 && !slices.Contains(k.Allowed, value) {
		return fault.New(exitcode.Usage, "config.bad_value", i18n.Text{
			RU: "%s не может быть «%s»; подходит: %s", EN: "%s cannot be %q; use one of: %s"}.With(name, untrusted.Text(value), strings.Trim(strings.Join(k.Allowed, ", "), ", ")))
	}
	if value == "" {
		return nil
	}
	bad := func(m i18n.Message) *fault.Error { return fault.New(exitcode.Usage, "config.bad_value", m) }
	switch name {
	case "profile":
		if m, ok := badProfile(value); !ok {
			return bad(m)
		}
	case "tunnel_portal", "tunnel_esia":
		if !onThisMachine(value) {
			return bad(i18n.Text{RU: "%s: «%s» — не адрес этой машины вида 127.0.0.1:18443", EN: "%s: %q is not an address of this machine like 127.0.0.1:18443"}.With(name, untrusted.Text(value)))
		}
	case "consent_minutes":
		if n, err := strconv.Atoi(value); err != nil || n <= 0 {
			return bad(i18n.Text{RU: "%s: «%s» — не число минут больше нуля", EN: "%s: %q is not a number of minutes above zero"}.With(name, untrusted.Text(value)))
		}
	case "portal", "esia", "portal_gost":
		u, err := url.Parse(value)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
			return bad(i18n.Text{RU: "%s: «%s» — не адрес вида https://имя", EN: "%s: %q is not an address like https://name"}.With(name, untrusted.Text(value)))
		}
	}
	return nil
}

// badProfile says what is wrong with the name of a profile; ok when nothing is.
// Such a name goes into the config file, into folder names and into tables.
func badProfile(name string) (m i18n.Message, ok bool) {
	wrong := strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_'
	})
	if name != "" && len(name) <= 64 && !wrong {
		return m, true
	}
	return i18n.Text{RU: "имя профиля «%s» не годится: буквы, цифры, «-» и «_», не длиннее 64 байт", EN: "the profile name %q cannot be used: letters, digits, - and _, at most 64 bytes"}.With(untrusted.Text(name)), false
}

func addressOfBuiltin(profile string) i18n.Message {
	return i18n.Text{RU: "адрес и вид встроенного профиля %s не меняются; заведите свой профиль", EN: "the address and the kind of the built-in profile %s cannot be changed; make a profile of your own"}.With(profile)
}
