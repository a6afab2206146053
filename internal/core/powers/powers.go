// Package powers reads a machine-readable power of attorney of the unified format
// EMCHD_1 and says what can be known of it without the registry. Only cli packages
// import it.
package powers

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/encoding/charmap"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// MaxSize bounds a file, bytes.
const MaxSize = 4 << 20

// Version is the format that is understood.
const Version = "EMCHD_1"

// Registry is where it is told whether a power of attorney was revoked.
const Registry = "https://m4d.nalog.gov.ru"

// ErrFormat says that data is no power of attorney of this format.
var ErrFormat = errors.New("powers: not a power of attorney of format " + Version)

// Person is a natural person.
type Person struct{ INN, SNILS string }

// Power is one right that is given.
type Power struct {
	Code  string // "" for a right in words
	Title untrusted.Text
}

// Document is a power of attorney.
type Document struct {
	Number    string // GUID
	Issued    time.Time
	Until     time.Time // the last day
	Principal untrusted.Text
	INN, OGRN string // of the organisation or the entrepreneur who gives it
	Head      []Person
	Agents    []Person
	Powers    []Power
	Retrusted bool // given by somebody who was trusted himself
}

// person is what every way of naming one has in common.
type person struct {
	INN   string `xml:"ИННФЛ,attr"`
	SNILS string `xml:"СНИЛС,attr"`
}

type org struct {
	Name string `xml:"НаимОрг,attr"`
	INN  string `xml:"ИННЮЛ,attr"`
	OGRN string `xml:"ОГРН,attr"`
}

type file struct {
	XMLName  xml.Name `xml:"Доверенность"`
	Version  string   `xml:"ВерсФорм,attr"`
	Document struct {
		Given   *given `xml:"Довер"`
		Retrust *given `xml:"Передов"`
	} `xml:"Документ"`
}

type given struct {
	About struct {
		Number string `xml:"НомДовер,attr"`
		Issued string `xml:"ДатаВыдДовер,attr"`
		Until  string `xml:"СрокДейст,attr"`
	} `xml:"СвДов"`
	Principals []struct {
		Principal struct {
			Org *struct {
				About org      `xml:"СвРосОрг"`
				Head  []person `xml:"ЛицоБезДов>СвФЛ"`
			} `xml:"РосОргДовер"`
			Entrepreneur *struct {
				person
				Name string   `xml:"НаимИП,attr"`
				OGRN string   `xml:"ОГРНИП,attr"`
				Self []person `xml:"СвФЛ"`
			} `xml:"ИПДовер"`
			Citizen *person `xml:"ФЛДовер"`
		} `xml:"Доверит"`
	} `xml:"СвДоверит"`
	Agents []struct {
		Agent struct {
			People []person `xml:"СведФизЛ"`
			IP     []person `xml:"СведИП"`
		} `xml:"Пред"`
	} `xml:"СвУпПред"`
	Powers []struct {
		Machine []struct {
			Code  string `xml:"КодПолн,attr"`
			Title string `xml:"НаимПолн,attr"`
		} `xml:"МашПолн"`
		Text []string `xml:"ТекстПолн"`
	} `xml:"СвПолн"`
}

// Parse reads the XML, in UTF-8 or windows-1251. The error wraps ErrFormat.
func Parse(data []byte) (*Document, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrFormat, len(data))
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(charset, "windows-1251") {
			return charmap.Windows1251.NewDecoder().Reader(in), nil
		}
		return nil, fmt.Errorf("charset %q", charset)
	}
	var f file
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	g := f.Document.Given
	out := &Document{}
	if f.Document.Retrust != nil {
		g, out.Retrusted = f.Document.Retrust, true
	}
	if f.Version != Version || g == nil {
		return nil, fmt.Errorf("%w: version %q", ErrFormat, untrusted.Clean(f.Version))
	}
	var err error
	if out.Issued, err = day(g.About.Issued); err == nil {
		out.Until, err = day(g.About.Until)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	out.Number = g.About.Number
	for _, p := range g.Principals {
		switch who := p.Principal; {
		case who.Org != nil:
			out.Principal, out.INN, out.OGRN = untrusted.Text(who.Org.About.Name), who.Org.About.INN, who.Org.About.OGRN
			out.Head = append(out.Head, people(who.Org.Head)...)
		case who.Entrepreneur != nil:
			out.Principal, out.INN, out.OGRN = untrusted.Text(who.Entrepreneur.Name), who.Entrepreneur.INN, who.Entrepreneur.OGRN
			out.Head = append(out.Head, people(append(who.Entrepreneur.Self, who.Entrepreneur.person))...)
		case who.Citizen != nil:
			out.INN = who.Citizen.INN
			out.Head = append(out.Head, Person(*who.Citizen))
		}
	}
	for _, a := range g.Agents {
		out.Agents = append(out.Agents, people(append(a.Agent.People, a.Agent.IP...))...)
	}
	for _, p := range g.Powers {
		for _, m := range p.Machine {
			out.Powers = append(out.Powers, Power{m.Code, untrusted.Text(m.Title)})
		}
		for _, text := range p.Text {
			out.Powers = append(out.Powers, Power{"", untrusted.Text(strings.TrimSpace(text))})
		}
	}
	return out, nil
}

func people(list []person) []Person {
	var out []Person
	for _, p := range list {
		if p != (person{}) {
			out = append(out, Person(p))
		}
	}
	return out
}

func day(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	return time.Parse("02.01.2006", s)
}

// State is the outcome of one check.
type State string

// The states.
const (
	Fine    State = "fine"
	Wrong   State = "wrong"
	Doubt   State = "doubt" // not wrong, and worth a look
	Unknown State = "unknown"
)

// Finding is one check.
type Finding struct {
	Check   string // stable word
	State   State
	Message i18n.Message
}

// Against says what a document is held to. What is empty is not checked and said to be
// unknown.
type Against struct {
	Name   string    // of the file
	Today  time.Time // the moment of the check
	OrgINN string
	Agent  *cert.Certificate // of whoever uses the power
	Signer *cert.Certificate // that signed the document, its signature checked
	Power  string            // code that is needed
}

// Check says what holds of a document, offline. What only the registry knows is last.
func Check(d *Document, a Against) []Finding {
	var out []Finding
	add := func(check string, state State, ru, en string, args ...any) {
		out = append(out, Finding{check, state, i18n.Text{RU: ru, EN: en}.With(args...)})
	}
	date := func(t time.Time) string { return t.Format("02.01.2006") }
	today := a.Today.Format(time.DateOnly)
	add("format", Fine, "формат %s, доверитель %s", "format %s, principal %s", Version, d.Principal)
	switch guid := guidIn(a.Name); {
	case !isGUID(d.Number):
		add("number", Wrong, "номер «%s» — не GUID", "number %q is no GUID", untrusted.Text(d.Number))
	case guid == "":
		add("number", Doubt, "в имени файла нет номера %s", "the name of the file does not hold number %s", d.Number)
	case !strings.EqualFold(guid, d.Number):
		add("number", Wrong, "номер %s, а в имени файла %s", "number %s, and the name of the file says %s", d.Number, guid)
	default:
		add("number", Fine, "номер %s", "number %s", d.Number)
	}
	switch {
	case d.Issued.Format(time.DateOnly) > today:
		add("term", Wrong, "выдана только %s", "issued only on %s", date(d.Issued))
	case d.Until.Format(time.DateOnly) < today:
		add("term", Wrong, "срок истёк %s", "expired on %s", date(d.Until))
	default:
		add("term", Fine, "действует с %s по %s", "in force from %s to %s", date(d.Issued), date(d.Until))
	}
	switch {
	case a.OrgINN == "":
		add("principal", Unknown, "ИНН организации не назван (--org-inn)", "the organisation's ИНН is not named (--org-inn)")
	case a.OrgINN != d.INN:
		add("principal", Wrong, "доверитель — ИНН %s, а не %s", "the principal has ИНН %s, not %s", untrusted.Text(d.INN), a.OrgINN)
	default:
		add("principal", Fine, "доверитель — ИНН %s", "the principal has ИНН %s", d.INN)
	}
	switch {
	case a.Agent == nil:
		add("agent", Unknown, "сертификат представителя не назван (--cert)", "the agent's certificate is not named (--cert)")
	case !among(d.Agents, a.Agent):
		add("agent", Wrong, "сертификат — не одного из представителей доверенности", "the certificate belongs to none of its agents")
	default:
		add("agent", Fine, "сертификат представителя подходит", "the agent's certificate fits")
	}
	switch {
	case a.Signer == nil:
		add("signer", Unknown, "подпись доверенности не проверена (--sig, --root)", "the signature of the document was not checked (--sig, --root)")
	case !among(d.Head, a.Signer):
		add("signer", Wrong, "подписал не руководитель доверителя", "not the head of the principal signed it")
	default:
		add("signer", Fine, "подписал руководитель доверителя", "the head of the principal signed it")
	}
	if d.Retrusted {
		add("retrust", Doubt, "передоверие: проверьте и первоначальную доверенность", "this is a retrust: check the first power of attorney, too")
	}
	switch {
	case a.Power == "":
		add("power", Unknown, "нужное полномочие не названо (--power); в доверенности: %s", "the needed power is not named (--power); the document has: %s", d.titles())
	case !d.Has(a.Power):
		add("power", Wrong, "полномочия %s нет; есть: %s", "power %s is missing; there are: %s", a.Power, d.titles())
	default:
		add("power", Fine, "полномочие %s есть", "power %s is there", a.Power)
	}
	add("revoked", Unknown, "отозвана ли, знает только реестр: %s", "whether it was revoked only the registry knows: %s", Registry)
	return out
}

// Has reports whether the document gives the power of this code.
func (d *Document) Has(code string) bool {
	for _, p := range d.Powers {
		if p.Code == code {
			return true
		}
	}
	return false
}

func (d *Document) titles() untrusted.Text {
	var names []string
	for _, p := range d.Powers {
		if p.Code != "" {
			names = append(names, p.Code)
		} else {
			names = append(names, p.Title.Raw())
		}
	}
	return untrusted.Text(strings.Join(names, ", "))
}

// among reports whether a certificate is that of one of the people: by СНИЛС, else by
// ИНН.
func among(list []Person, c *cert.Certificate) bool {
	snils, inn := digits(c.Subject.SNILS.Raw()), digits(c.Subject.INN.Raw())
	for _, p := range list {
		if s := digits(p.SNILS); s != "" && snils != "" {
			if s == snils {
				return true
			}
			continue
		}
		if i := digits(p.INN); i != "" && i == inn {
			return true
		}
	}
	return false
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

const guid = `[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`

func isGUID(s string) bool { return regexp.MustCompile(`^` + guid + `$`).MatchString(s) }

// guidIn finds the number in a name such as ON_EMCHD_20260301_GUID.xml.
func guidIn(name string) string {
	return regexp.MustCompile(guid).FindString(filepath.Base(name))
}
