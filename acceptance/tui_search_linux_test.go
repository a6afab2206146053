package acceptance

import (
	"strings"
	"testing"
)

// What people call a service finds it in whatever language the interface speaks.
func TestTheCatalogueOnTheScreenIsSearchedInBothLanguages(t *testing.T) {
	bin := build(t)
	for _, lang := range []struct{ name, all, passport, kindergarten string }{
		{"en", "find a service", "Foreign passport of the new generation", "Kindergarten enrolment"},
		{"ru", "найти услугу", "Загранпаспорт нового поколения", "Запись ребёнка в детский сад"},
	} {
		p := newProgram(t, bin, "EPGU_LANG="+lang.name)
		p.signIn("confirmed")
		w := p.window(120, 40).Send("3").Awaits(lang.all)
		for _, x := range []struct{ query, service string }{
			{"загранпаспорт", lang.passport}, {"foreign passport", lang.passport}, {"pfuhfy", lang.passport},
			{"детский сад", lang.kindergarten}, {"kindergarten enrolment", lang.kindergarten},
		} {
			w.Send("/" + x.query).Awaits("› ").Awaits("/ " + x.query)
			if w.Awaits(x.service); strings.Contains(w.Screen(), " 0 / ") {
				t.Errorf("%s: %q found nothing", lang.name, x.query)
			}
			w.Send("\x1b").Awaits(lang.all)
		}
		w.Send("q").Ends()
		for _, query := range []string{"загранпаспорт", "foreign passport"} {
			if out := p.mustRun("service", "search", query, "--limit", "3", "--json", "title"); !strings.Contains(out, lang.passport) {
				t.Errorf("%s: search %q: %s", lang.name, query, out)
			}
		}
	}
}
