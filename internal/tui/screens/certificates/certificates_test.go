package certificates

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/core/verifying"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/drive"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// safe is a store with three certificates.
type safe struct {
	imports []Import
	bound   []string
	signed  []string
	checked []string
	removed []string
	closed  bool
	made    []Making
	asked   []string // of authorities
}

func (s *safe) New(_ context.Context, m Making) error {
	s.made = append(s.made, m)
	return nil
}

func (s *safe) Send(_ context.Context, name, pin string) error {
	s.asked = append(s.asked, "send "+name+"/"+pin)
	return nil
}

func (s *safe) Write(_ context.Context, name, pin, file string) error {
	s.asked = append(s.asked, "write "+name+"/"+pin+" to "+file)
	return nil
}

func (s *safe) Answer(_ context.Context, name, file string) error {
	s.asked = append(s.asked, "answer "+name+" from "+filepath.Base(file))
	return nil
}

func (s *safe) List(context.Context) ([]Certificate, error) {
	return []Certificate{
		{Name: "me", Subject: "Учебный Пётр Примерович", Issuer: "epgu sandbox CA", Serial: "0a1b", From: now.AddDate(-1, 0, 0), Until: now.AddDate(0, 0, 12), HasKey: true, Hash: "5d6e…"},
		{Name: "old", Subject: "Учебный Пётр Примерович", Issuer: "epgu sandbox CA", Serial: "0a1a", From: now.AddDate(-2, 0, 0), Until: now.AddDate(-1, 0, 0), HasKey: true, Failed: 2},
		{Name: "new", Subject: "Учебный Пётр Примерович", Requested: true, HasKey: true, HasRequest: true},
	}, nil
}

func (s *safe) Closed(_ context.Context, key string) (bool, bool, error) {
	return s.closed, strings.HasSuffix(key, ".p12"), nil
}

func (s *safe) Import(_ context.Context, i Import) error {
	s.imports = append(s.imports, i)
	return nil
}

func (s *safe) Bind(_ context.Context, name string) (string, error) { return "+7 *** ***-12-34", nil }

func (s *safe) Confirm(_ context.Context, name, code string) error {
	s.bound = append(s.bound, name+"/"+code)
	return nil
}

type paper struct {
	s    *safe
	file *signing.File
}

func (s *safe) Look(_ context.Context, file, certificate, pin string) (Signing, error) {
	if pin != "1234" {
		return nil, fault.New(exitcode.Usage, "cert.pin", i18n.Say("PIN не подходит", "the PIN does not fit"))
	}
	return &paper{s, &signing.File{Path: file, Size: 2048, Hash: "3f539a213e97c802"}}, nil
}

func (p *paper) File() *signing.File { return p.file }

func (p *paper) Sign(context.Context) error {
	p.file.Signatures = []string{p.file.Path + ".sig"}
	p.s.signed = append(p.s.signed, filepath.Base(p.file.Path))
	return nil
}

func (s *safe) Verify(_ context.Context, file, roots string) (*verifying.Report, error) {
	s.checked = append(s.checked, filepath.Base(file)+"/"+roots)
	return nil, fault.New(exitcode.Usage, "verify.no_signature", i18n.Say("рядом с файлом нет подписи", "there is no signature beside the file"))
}

func (s *safe) Remove(_ context.Context, name string) error {
	s.removed = append(s.removed, name)
	return nil
}

func start(t *testing.T, s *safe, lang i18n.Lang, cols, rows int) *drive.Driver {
	return drive.Start(t, drive.Simple(now, lang, Entry(s)), cols, rows)
}

func file(t *testing.T, name string) string {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheCertificatesInBothLanguages(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			name := fmt.Sprintf("%s.%dx%d", lang, size[0], size[1])
			start(t, &safe{}, lang, size[0], size[1]).Golden("list."+name).Press("down", "enter").Golden("about." + name)
		}
	}
}

func TestAFileIsSignedOnlyAfterItWasShown(t *testing.T) {
	s := &safe{}
	path := file(t, "contract of may.pdf")
	d := start(t, s, i18n.RU, 100, 30).Press("s").Paste(`"` + path + `"`).Press("enter").Sees("Чем подписать").Press("1").Type("0000").Press("enter").Sees("PIN не подходит").Pause().Press("enter")
	d.Press("s").Paste(path).Press("enter", "1").Type("1234").Press("enter").Sees("of may.pdf", "3f539a213e97c802").Pause().Press("enter")
	if len(s.signed) > 0 {
		t.Fatal("signed by Enter alone")
	}
	d.Press("s").Paste(path).Press("enter", "1").Type("1234").Press("enter").Pause().Press("y", "enter").Sees("Подписано: ")
	if strings.Join(s.signed, ",") != "contract of may.pdf" {
		t.Errorf("signed %q", s.signed)
	}
}

func TestAKeyIsTakenInUnderANewPIN(t *testing.T) {
	s := &safe{closed: true}
	path := file(t, "work.p12")
	d := start(t, s, i18n.RU, 100, 30).Press("i").Paste(path).Press("enter").Sees("Пароль файла ключа").Type("file secret").Press("enter").Sees("Под каким именем", "work").Press("enter")
	d.Sees("Новый PIN").Type("new-pin-77").Press("enter").Type("other").Press("enter").Sees("PIN не совпали").Press("ctrl+u").Type("new-pin-77").SeesNot("new-pin-77").Press("enter").Sees("«work» взяты")
	want := Import{Key: path, Passphrase: "file secret", Name: "work", PIN: "new-pin-77"}
	if len(s.imports) != 1 || s.imports[0] != want {
		t.Errorf("took %+v", s.imports)
	}
}

func TestACertificateIsBoundByTheCodeOfAnSMS(t *testing.T) {
	s := &safe{}
	start(t, s, i18n.RU, 100, 30).Press("b").Sees("+7 *** ***-12-34").Pause().Type("123456").Press("enter").Sees("привязан к учётной записи")
	if strings.Join(s.bound, ",") != "me/123456" {
		t.Errorf("bound %q", s.bound)
	}
}

func TestACheckSaysWhyNothingWasChecked(t *testing.T) {
	s := &safe{}
	start(t, s, i18n.RU, 100, 30).Press("v").Paste(file(t, "a.pdf")).Press("enter").Sees("корневых сертификатов").Paste("'/etc/my roots.pem'").Press("enter").Sees("рядом с файлом нет подписи")
	if strings.Join(s.checked, ",") != "a.pdf//etc/my roots.pem" {
		t.Errorf("checked %q", s.checked)
	}
}

func TestACertificateIsRemovedByItsTypedName(t *testing.T) {
	s := &safe{}
	d := start(t, s, i18n.RU, 100, 30).Press("delete").Type("my").Press("enter").Sees("это не его имя")
	if len(s.removed) > 0 {
		t.Fatal("removed without its name")
	}
	d.Press("ctrl+u").Type("me").Press("enter").Sees("«me» удалён")
}

func TestAKeyIsMadeWithARequestOrACertificateOfItsOwn(t *testing.T) {
	s := &safe{}
	d := start(t, s, i18n.RU, 100, 30).Press("n").Sees("Под каким именем").Type("work").Press("enter").Sees("CN=").Type("Учебный Пётр, SNILS=1").Press("enter").Sees("SNILS")
	d.Press("ctrl+u").Type("CN=Учебный Пётр, SNILS=00000000909").Press("enter").Sees("1 только запрос", "2 самоподписанный").Press("enter")
	d.Type("12").Press("enter").Sees("PIN слишком короткий").Press("ctrl+u").Type("123456").Press("enter").Type("123456").Press("enter").Sees("Ключ «work» создан")
	want := Making{Name: "work", Subject: "CN=Учебный Пётр, SNILS=00000000909", PIN: "123456", RequestOnly: true}
	if len(s.made) != 1 || s.made[0] != want {
		t.Errorf("made %+v", s.made)
	}
	d.Press("n").Type("own").Press("enter").Type("Учебный Пётр").Press("enter", "2").Type("123456").Press("enter").Type("123456").Press("enter").Sees("Ключ и сертификат «own» созданы")
	if len(s.made) != 2 || s.made[1].RequestOnly {
		t.Errorf("made %+v", s.made)
	}
}

func TestACertificateIsRequestedAndTheAnswerTaken(t *testing.T) {
	s := &safe{}
	d := start(t, s, i18n.RU, 100, 30).Press("r").Sees("Сертификат для ключа «me»").Press("1").Sees("PIN к «me»").Pause().Type("123456").Press("enter").Sees("Сертификат «me» выдан")
	d.Press("end", "down", "down").Press("r").Sees("ключа «new»").Press("2").Sees("new.csr").Press("enter").Sees("Запрос записан: new.csr") // a kept request needs no PIN
	d.Press("r", "3").Paste(file(t, "new.pem")).Press("enter").Sees("Сертификат «new» принят")
	if got := strings.Join(s.asked, "; "); got != "send me/123456; write new/ to new.csr; answer new from new.pem" {
		t.Errorf("asked %s", got)
	}
}
