package catalog_test

import (
	"testing"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
)

func prefilled(t *testing.T, service string, k catalog.Knowledge) (map[string]catalog.Prefilled, []catalog.Superseded) {
	t.Helper()
	c, err := catalog.Shared()
	if err != nil {
		t.Fatal(err)
	}
	values, superseded := c.Find(service).Prefill(k)
	out := map[string]catalog.Prefilled{}
	for _, p := range values {
		out[p.Path] = p
	}
	return out, superseded
}

func TestAnEarlierApplicationForAnotherServiceAnswersTheSameQuestion(t *testing.T) {
	c, err := catalog.Shared()
	if err != nil {
		t.Fatal(err)
	}
	permit := catalog.Earlier{Service: c.Find("licence-permit"), Title: i18n.Text{RU: "заявление № 7", EN: "application no. 7"},
		Values: map[string]string{"licenceNumber": "Л035-00115-77/00000001", "changes": "адрес", "mobile": "+79000000005"}}
	got, _ := prefilled(t, "licence-report", catalog.Knowledge{Values: map[string]string{"person.mobile": "+79000000001"}, Earlier: []catalog.Earlier{permit}})
	if p := got["licenceNumber"]; p.Value != "Л035-00115-77/00000001" || p.Source.EN != "application no. 7" || !p.Earlier {
		t.Errorf("%+v", p)
	}
	if p := got["mobile"]; p.Value != "+79000000001" || p.Earlier {
		t.Errorf("an earlier application goes before the profile: %+v", p)
	}
	again, _ := prefilled(t, "licence-permit", catalog.Knowledge{Earlier: []catalog.Earlier{permit}})
	if _, guessed := again["changes"]; guessed {
		t.Error("what is asked this time was guessed from the last time")
	}
}

func TestARepeatedApplicationGivesWayToTheProfileAndSaysSo(t *testing.T) {
	c, err := catalog.Shared()
	if err != nil {
		t.Fatal(err)
	}
	old := catalog.Earlier{Service: c.Find("kindergarten"), Title: i18n.Text{EN: "application no. 8"}, Values: map[string]string{
		"lastName": "Прежняя", "snils": "11223344595", "hours": "full", "commission": "ПМПК-1", "siblings[0].firstName": "Анна", "siblings[1].firstName": "Пётр", "gone": "x"}}
	got, superseded := prefilled(t, "kindergarten", catalog.Knowledge{
		Values: map[string]string{"person.lastName": "Новая", "person.snils": "112-233-445 95", "child.firstName": "Егор"}, Repeat: &old})
	for path, want := range map[string]any{"lastName": "Новая", "hours": "full", "commissionReport": "ПМПК-1", "siblings[0].firstName": "Анна", "siblings[1].firstName": "Пётр"} {
		if got[path].Value != want {
			t.Errorf("%s: %v, not %v", path, got[path].Value, want)
		}
	}
	if len(superseded) != 1 || superseded[0].Path != "lastName" || superseded[0].Was != "Прежняя" {
		t.Errorf("%+v", superseded)
	}
}

func TestItemsOfEarlierApplicationsAreOfferedOnce(t *testing.T) {
	c, err := catalog.Shared()
	if err != nil {
		t.Fatal(err)
	}
	s := c.Find("ooo-registration")
	e := catalog.Earlier{Service: s, Title: i18n.Text{EN: "application no. 9"}, Values: map[string]string{
		"founders[0].kind": "person", "founders[0].lastName": "Примеров", "founders[0].firstName": "Пётр", "founders[0].share": "100"}}
	got := s.Suggest(catalog.Knowledge{Earlier: []catalog.Earlier{e, e}})["founders"]
	if len(got) != 1 || got[0].Title != "Примеров Пётр" || got[0].Source.EN != "application no. 9" || got[0].Values["kind"] != "person" {
		t.Errorf("%+v", got)
	}
}
