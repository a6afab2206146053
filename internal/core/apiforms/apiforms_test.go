package apiforms

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// answers that each form takes.
func answers() map[string]map[string]any {
	person := map[string]any{"lastName": "Двадцатый", "firstName": "Иван", "middleName": "Сергеевич", "gender": "male", "birthDate": "1990-02-10", "snils": "112-233-445 95"}
	with := func(more map[string]any) map[string]any { return forms.Merge(person, more) }
	terms := map[string]any{"hours": "23", "description": "Договор & приложение", "orgName": "ООО «Ромашка»", "orgINN": "7707083893"}
	return map[string]map[string]any{
		"10000000109": with(map[string]any{"birthPlace": "рп Михайловка", "birthCountry": "Российская Федерация", "passportSeries": "8914", "passportNumber": "002457", "passportDate": "2021-03-01",
			"passportIssuer": "ОВД", "phone": "89198358345", "office": "Клиентская служба", "okato": "36401383000", "oktmo": "45344000", "postcode": "443001", "region": "Самарская", "city": "Самара",
			"street": "Ярмарочная", "house": "55", "since": "2027-01-01", "delivery": "bank", "organisation": "БАНК", "account": "40702810038050103285"}),
		"60010153":    with(map[string]any{"environment": "SVCDEV"}),
		"10000000374": forms.Merge(terms, map[string]any{"kind": "unep", "by": "snils", "snils": "11223344595"}),
		"60025907":    forms.Merge(terms, map[string]any{"org": "russian", "by": "oid", "oid": "1000550738", "ogrn": "1027700132195", "attributes": []any{map[string]any{"name": "serviceName", "value": "Подпись"}}}),
	}
}

func TestAnswersThatFitTheFormMakeDocuments(t *testing.T) {
	given := answers()
	for _, f := range all() {
		if given[f.Code] == nil {
			t.Errorf("no answers for the form of %s", f.Code)
		}
	}
	for code, given := range given {
		form, ok := Of(code)
		if !ok {
			t.Fatalf("no form of %s", code)
		}
		for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
			f, err := forms.Parse(code, form.Version, form.Schema(lang))
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Fill(forms.Known{}, given, nil).Check(t.Context()); err != nil {
				t.Errorf("%s: %v", code, err)
			}
		}
		for _, file := range form.Build(given) {
			d := xml.NewDecoder(strings.NewReader(string(file.Body)))
			for {
				if _, err := d.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatalf("%s %s: %v\n%s", code, file.Name, err, file.Body)
				}
			}
		}
	}
	if _, ok := Of("10000000585"); ok {
		t.Error("a form of a service whose format is not known in full")
	}
}

// The request of the specification 1.9, read by structures typed by hand from it.
func TestARequestToGoskeyReadsAsItsSpecificationSays(t *testing.T) {
	form, _ := Of("10000000374")
	body := form.Build(answers()["10000000374"])[0]
	var got struct {
		XMLName        xml.Name `xml:"urn:placeholder SignRequest"`
		Snils          string   `xml:"Snils"`
		SignExpiration string   `xml:"SignExpiration"`
		Description    string   `xml:"Description"`
		Attribute      []struct {
			AttributeName, AttributeValue string
		}
	}
	text := strings.Replace(string(body.Body), "urn://mpkey.gosuslugi.ru/sign_document/1.0.0", "urn:placeholder", 1)
	if err := xml.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Snils != "112-233-445 95" || got.SignExpiration != "${dateTime+23h}" || got.Description != "Договор & приложение" || len(got.Attribute) != 2 || got.Attribute[1].AttributeValue != "7707083893" || body.Name != "req.xml" {
		t.Errorf("%+v\n%s", got, body.Body)
	}
	ukep := answers()["10000000374"]
	ukep["kind"] = "ukep"
	if b := form.Build(ukep)[0].Body; !strings.Contains(string(b), `xmlns="urn://mpkey.gosuslugi.ru/sign_document_ukep/1.0.0"`) {
		t.Errorf("%s", b)
	}
	org, _ := Of("60025907")
	if b := string(org.Build(answers()["60025907"])[0].Body); !strings.Contains(b, "<RFOrg>\n    <OID>1000550738</OID>\n    <OGRN>1027700132195</OGRN>\n  </RFOrg>\n  <SignExpiration>") {
		t.Errorf("%s", b)
	}
}

// The documents of the specification's own example (10000000109), line for line as
// they are typed there, but for what a submission fills in.
func TestTheDocumentsOfPensionDeliveryAreThoseOfTheSpecification(t *testing.T) {
	form, _ := Of("10000000109")
	files := form.Build(answers()["10000000109"])
	if len(files) != 2 || files[0].Name != "req_{guid}.xml" || files[1].Name != "trans_{guid}.xml" || !files[0].Fields {
		t.Fatalf("%+v", files)
	}
	squeeze := func(b []byte) string {
		return strings.ReplaceAll(strings.Join(strings.Fields(string(b)), " "), "> <", "><")
	}
	req := squeeze(files[0].Body)
	for _, want := range []string{
		`<ЭДПФР xmlns="http://пф.рф/ВЗЛ/ЗДП/2016-04-15"`,
		`<ВЗЛ:ТерОрган>Клиентская служба</ВЗЛ:ТерОрган><ВЗЛ:ДатаЗаполнения>${date}</ВЗЛ:ДатаЗаполнения><Анкета><УТ:ФИО><УТ:Фамилия>Двадцатый</УТ:Фамилия><УТ:Имя>Иван</УТ:Имя><УТ:Отчество>Сергеевич</УТ:Отчество></УТ:ФИО>`,
		`<УТ:Пол>М</УТ:Пол><УТ:ДатаРождения>1990-02-10</УТ:ДатаРождения><УТ:СтраховойНомер>112-233-445 95</УТ:СтраховойНомер>`,
		`<УТ:МестоРождения><УТ:ТипМестаРождения>ОСОБОЕ</УТ:ТипМестаРождения><УТ:ГородРождения>рп Михайловка</УТ:ГородРождения><УТ:СтранаРождения>Российская Федерация</УТ:СтранаРождения></УТ:МестоРождения><УТ:Гражданство><УТ:Тип>1</УТ:Тип></УТ:Гражданство>`,
		`<СведенияОДоставке><ДатаДоставки>2027-01-01</ДатаДоставки><МестоДоставки>3</МестоДоставки><Получатель>1</Получатель><СпособДоставки>2</СпособДоставки><НаименованиеОрганизации>БАНК</НаименованиеОрганизации><НомерСчета>40702810038050103285</НомерСчета></СведенияОДоставке><ПризнакОзнакомления>1</ПризнакОзнакомления>`,
		`<СлужебнаяИнформация><АФ:GUID>${guid}</АФ:GUID><АФ:ДатаВремя>${time}</АФ:ДатаВремя><НомерВнешний>${orderId}</НомерВнешний><ДатаПодачи>${date}</ДатаПодачи></СлужебнаяИнформация></ЭДПФР>`,
	} {
		if !strings.Contains(req, want) {
			t.Errorf("no %s in\n%s", want, req)
		}
	}
	trans := squeeze(files[1].Body)
	for _, want := range []string{`<cmv:SNILS>11223344595</cmv:SNILS><cmv:ExternalRegistrationData><cmv:ExternalRegistrationNumber>${orderId}</cmv:ExternalRegistrationNumber><cmv:ExternalRegistrationDate>${date}</cmv:ExternalRegistrationDate></cmv:ExternalRegistrationData><cmv:OKATO>36401383000</cmv:OKATO>`,
		`<cmv:ApplicationFileName>req_${guid}.xml</cmv:ApplicationFileName><zdp:FRGUTargetId>10002953957</zdp:FRGUTargetId>`} {
		if !strings.Contains(trans, want) {
			t.Errorf("no %s in\n%s", want, trans)
		}
	}
	post := answers()["10000000109"]
	post["delivery"], post["handing"] = "post", "home"
	delete(post, "account")
	if b := squeeze(form.Build(post)[0].Body); !strings.Contains(b, `<СпособДоставки>1</СпособДоставки><СпособВручения>2</СпособВручения><Адрес><УТ:Индекс>443001</УТ:Индекс>`) {
		t.Errorf("%s", b)
	}
}
