package powers

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"github.com/epgu-cli/epgu/internal/gost/cert"
)

// sample is typed by hand from the schema ON_EMCHD_1_928_00_01_01_01, made-up people.
const sample = `<?xml version="1.0" encoding="UTF-8"?>
<Доверенность xmlns="urn://x-artefacts/EMCHD_1" ВерсФорм="EMCHD_1" ПрЭлФорм="00000000">
 <Документ><Довер>
  <СвДов НомДовер="0e1c2a4b-1111-4222-8333-444455556666" ДатаВыдДовер="2026-03-01" СрокДейст="2027-02-28"/>
  <СвДоверит ТипДоверит="ЮЛ"><Доверит><РосОргДовер><СвРосОрг НаимОрг="ООО Ромашка" ИННЮЛ="7707083893" КПП="770701001" ОГРН="1027700132195"/>
   <ЛицоБезДов><СвФЛ ИННФЛ="500100732259" СНИЛС="112-233-445 95"/></ЛицоБезДов></РосОргДовер></Доверит></СвДоверит>
  <СвУпПред ТипПред="ФЛ"><Пред><СведФизЛ ИННФЛ="635277570478" СНИЛС="646-663-083 23"/></Пред></СвУпПред>
  <СвПолн ТипПолн="1" ПрСовмПолн="1"><МашПолн КодПолн="SFR_001" НаимПолн="Подавать заявления"/></СвПолн>
 </Довер></Документ>
</Доверенность>`

const named = "ON_EMCHD_20260301_0e1c2a4b-1111-4222-8333-444455556666.xml"

func person1(snils string) *cert.Certificate {
	c := &cert.Certificate{}
	c.Subject.SNILS = "11223344595"
	if snils != "" {
		c.Subject.SNILS = "64666308323"
	}
	return c
}

func TestAPowerOfAttorneyIsCheckedOffline(t *testing.T) {
	d, err := Parse([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	good := Against{Name: "/x/" + named, Today: at, OrgINN: "7707083893", Agent: person1("agent"), Signer: person1(""), Power: "SFR_001"}
	for name, c := range map[string]struct {
		change func(*Against)
		check  string
		want   State
	}{
		"all is well":       {func(*Against) {}, "", Fine},
		"another name":      {func(a *Against) { a.Name = "ON_EMCHD_20260301_0e1c2a4b-1111-4222-8333-444455556667.xml" }, "number", Wrong},
		"a name without it": {func(a *Against) { a.Name = "power.xml" }, "number", Doubt},
		"expired":           {func(a *Against) { a.Today = time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC) }, "term", Wrong},
		"the last day":      {func(a *Against) { a.Today = time.Date(2027, 2, 28, 23, 0, 0, 0, time.UTC) }, "term", Fine},
		"not yet":           {func(a *Against) { a.Today = time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC) }, "term", Wrong},
		"another principal": {func(a *Against) { a.OrgINN = "7830002293" }, "principal", Wrong},
		"another agent":     {func(a *Against) { a.Agent = person1("") }, "agent", Wrong},
		"not the head":      {func(a *Against) { a.Signer = person1("agent") }, "signer", Wrong},
		"unsigned":          {func(a *Against) { a.Signer = nil }, "signer", Unknown},
		"another power":     {func(a *Against) { a.Power = "FNS_001" }, "power", Wrong},
	} {
		a := good
		c.change(&a)
		for _, f := range Check(d, a) {
			want := Fine
			switch f.Check {
			case c.check:
				want = c.want
			case "revoked":
				want = Unknown
			}
			if f.State != want {
				t.Errorf("%s: %s is %s", name, f.Check, f.State)
			}
		}
	}
}

func TestWindows1251AndOtherFormats(t *testing.T) {
	old, err := charmap.Windows1251.NewEncoder().String(`<?xml version="1.0" encoding="windows-1251"?>` + sample[len(`<?xml version="1.0" encoding="UTF-8"?>`):])
	if err != nil {
		t.Fatal(err)
	}
	if d, err := Parse([]byte(old)); err != nil || d.Principal.Raw() != "ООО Ромашка" {
		t.Errorf("%+v %v", d, err)
	}
	for _, s := range []string{"", "<a/>", `<Доверенность ВерсФорм="002"><Документ><Довер/></Документ></Доверенность>`, `<Доверенность ВерсФорм="EMCHD_1"/>`} {
		if _, err := Parse([]byte(s)); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`<?xml version="1.0" encoding="windows-1251"?><a/>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse(data)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Error(err)
			}
			return
		}
		if last := Check(d, Against{Today: time.Now()}); last[len(last)-1].Check != "revoked" {
			t.Error("what only the registry knows is not named")
		}
	})
}
